"""Facts as the core writes them, made for tests of the stream side."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from kafka import KafkaProducer

from streams.events import Envelope, Event
from streams.events.catalog import CategoryUpdated, ProductCreated
from streams.events.codec import encode, encode_message
from streams.events.inventory import StockMoved
from streams.events.ledger import JournalLine, JournalPosted
from streams.events.partitions import LINES_PER_MESSAGE, PARTITIONS, partition_of
from streams.events.progress import ProgressMarked
from streams.events.registry import FACT_TOPICS
from streams.events.reviews import RatingAdded, RatingDeleted, RatingUpdated
from streams.events.sellers import SellerCreated
from streams.events.tracking import ClickTracked

START = datetime(2026, 11, 21, 8, tzinfo=UTC)


def envelope(
    event: Event, seq: int = 1, *, at: datetime = START, tx: int = 1, aggregate: UUID | None = None
) -> Envelope:
    """An event in its envelope; `at` is both event and recording time."""
    return Envelope(
        event_id=uuid4(),
        event=event.name,
        version=event.version,
        aggregate_id=aggregate or event.aggregate_id,
        aggregate_seq=seq,
        tx=tx,
        occurred_at=at,
        recorded_at=at,
        correlation_id="test",
        payload=event,
    )


def moved(product_id: UUID, seq: int, on_hand: int, reserved: int = 0, **fields: Any) -> Envelope:
    """Movement number `seq` of a product's only stock row."""
    values: dict[str, Any] = {"kind": "adjusted", "seller_id": UUID(int=1), "bucket": 0, "on_hand_delta": 0} | fields
    at = values.pop("at", START + timedelta(seconds=seq))
    row = values.pop("inventory_id", UUID(int=product_id.int ^ 1))
    event = StockMoved(
        inventory_id=row, product_id=product_id, reserved_delta=0, on_hand_after=on_hand, reserved_after=reserved,
        cause_type="adjustment", **values,
    )  # fmt: skip
    return envelope(event, seq, at=at)


def sale(
    seller_id: UUID,
    product_id: UUID,
    minor: int,
    units: int,
    *,
    at: datetime = START,
    tax: int = 0,
    currency: str = "GBP",
) -> Envelope:
    """A sale of one line, tax contained."""
    goods: dict[str, Any] = {"seller_id": seller_id, "product_id": product_id}
    lines = (
        JournalLine(line_no=1, account="gateway_clearing", debit_minor=minor),
        JournalLine(line_no=2, account="sales", credit_minor=minor - tax, units=units, **goods),
        JournalLine(line_no=3, account="tax_payable", credit_minor=tax, **goods),
    )
    return entry("sale", lines, currency, at)


def refund(
    seller_id: UUID, product_id: UUID, minor: int, units: int, *, at: datetime = START, currency: str = "GBP"
) -> Envelope:
    """Money and units given back, without tax."""
    goods: dict[str, Any] = {"seller_id": seller_id, "product_id": product_id}
    lines = (
        JournalLine(line_no=1, account="refunds", debit_minor=minor, units=units, **goods),
        JournalLine(line_no=2, account="gateway_clearing", credit_minor=minor),
    )
    return entry("refund", lines, currency, at)


def entry(kind: str, lines: tuple[JournalLine, ...], currency: str, at: datetime) -> Envelope:
    """A journal entry."""
    event = JournalPosted(
        entry_id=uuid4(), kind=kind, cause_type="payment", cause_id=uuid4(), currency=currency, lines=lines
    )
    return envelope(event, at=at)


def seller(seller_id: UUID, threshold: int = 5, **fields: Any) -> Envelope:
    """A seller account."""
    values = {"display_name": "Shop", "slug": "shop", "currency": "GBP", "commission_bp": 1000, "status": "active"}
    return envelope(SellerCreated(seller_id=seller_id, low_stock_threshold=threshold, **(values | fields)))  # type: ignore[arg-type]


def product(product_id: UUID, seller_id: UUID, seq: int = 1, **fields: Any) -> Envelope:
    """A product."""
    category = UUID(int=77)
    values: dict[str, Any] = {
        "sku": f"SKU-{product_id.hex[-6:]}", "title": "Teapot", "category_id": category, "category": ("Kitchen",),
        "category_ids": (category,), "price_minor": 1250, "currency": "GBP", "product_version": seq,
        "created_at": START,
    }  # fmt: skip
    return envelope(ProductCreated(product_id=product_id, seller_id=seller_id, **(values | fields)), seq)


def category(category_id: UUID, title: str, parent_id: UUID | None, seq: int = 1) -> Envelope:
    """A category that was moved there."""
    fact = CategoryUpdated(
        category_id=category_id, title=title, parent_id=parent_id, path=(title,), changed=("parent_id",)
    )
    return envelope(fact, seq)


def view(product_id: UUID, *, at: datetime = START) -> Envelope:
    """A shopper looked at a product."""
    event = ClickTracked(
        click_id=uuid4(), click_name="Product Viewed", session_id=uuid4(), product_id=product_id, received_at=at
    )
    return envelope(event, 0, at=at, tx=0)


def rating(
    product_id: UUID, review_id: UUID, seq: int, *, before: int | None = None, after: int | None = None
) -> Envelope:
    """A review's rating: given, changed, or taken back."""
    about: dict[str, Any] = {"review_id": review_id, "product_id": product_id, "seller_id": UUID(int=1)}
    if after is None:
        return envelope(RatingDeleted(**about, rating_before=before or 0), seq)
    if before is None:
        return envelope(RatingAdded(**about, user_id=UUID(int=5), rating=after), seq)
    return envelope(RatingUpdated(**about, user_id=UUID(int=5), rating=after, rating_before=before), seq)


def mark(complete_to: int, at: datetime = START) -> Envelope:
    """A progress mark."""
    return envelope(ProgressMarked(relay_id=UUID(int=9), complete_to=complete_to, marked_at=at), 0, at=at, tx=0)


class Log:
    """Publishes events as the relay and the collector do."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self._prefix = prefix
        self._transactions = 1
        self._producer = KafkaProducer(
            bootstrap_servers=bootstrap, enable_idempotence=True, acks="all", compression_type="lz4",
            max_request_size=8 * 1024 * 1024,
        )  # fmt: skip

    def publish(self, events: Iterable[Envelope]) -> None:
        """Append events to their topics and partitions, up to 500 a message."""
        places: dict[tuple[str, int], list[Envelope]] = defaultdict(list)
        for event in events:
            places[event.payload.topic, partition_of(event.aggregate_id)].append(event)
        for (topic, partition), some in places.items():
            for start in range(0, len(some), LINES_PER_MESSAGE):
                self.raw(topic, partition, encode_message(some[start : start + LINES_PER_MESSAGE]))
        self.flush()

    def raw(self, topic: str, partition: int, body: bytes, headers: Sequence[tuple[str, bytes]] = ()) -> None:
        """Append one message as it is."""
        self._producer.send(self._prefix + topic, value=body, partition=partition, headers=list(headers))

    def cut(self, at: datetime) -> int:
        """Marks beyond all earlier ones; X of them.

        It is counted here: a worker that was just killed may know of fewer marks than stand in the log, and would be
        past one that it reads again before it has read what was published since.
        """
        self._transactions += 1_000
        self.marks(self._transactions, at)
        return self._transactions

    def marks(self, complete_to: int, at: datetime) -> None:
        """A progress mark on every partition of every fact topic."""
        line = encode(mark(complete_to, at))
        for topic in FACT_TOPICS:
            for partition in range(PARTITIONS):
                self.raw(topic, partition, line)
        self.flush()

    def flush(self) -> None:
        """Wait until Kafka has everything."""
        self._producer.flush()

    def close(self) -> None:
        """Close the connections."""
        self._producer.close()
