"""Two small shops with sales, refunds, stock and clicks: the same facts for the core's tables and for ClickHouse."""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import psycopg
from clickhouse_connect.driver.client import Client

from api.ledger.entries import Cause, Entry, RefundedLine, SoldLine, of_refund, of_sale
from clickhouse.sink.reading import read
from clickhouse.sink.rows import inserts
from streams.events import FACT_TOPICS, Envelope
from streams.events.catalog import ProductCreated
from streams.events.inventory import StockMoved
from streams.events.partitions import PARTITIONS
from streams.events.sellers import SellerCreated
from tests.clickhouse.log_lines import click, envelope, message

CUT = 10_000_000
COMMISSION_BP = 1_000
OFFSETS = count()


@dataclass(frozen=True)
class Shop:
    """A seller with one product."""

    slug: str
    price_minor: int
    seller_id: uuid.UUID = field(default_factory=uuid.uuid4)
    product_id: uuid.UUID = field(default_factory=uuid.uuid4)
    currency: str = "GBP"

    def sold(self, quantity: int) -> SoldLine:
        """An order line of its product, a sixth of it tax."""
        total = self.price_minor * quantity
        return SoldLine(
            order_item_id=uuid.uuid4(), product_id=self.product_id, seller_id=self.seller_id, quantity=quantity,
            total_minor=total, tax_minor=total // 6, commission_bp=COMMISSION_BP,
        )  # fmt: skip

    def opened(self, at: datetime) -> list[Envelope]:
        """The shop, its product and 3 pieces in stock, of which 1 is held: below the threshold of 5."""
        seller = SellerCreated(
            seller_id=self.seller_id, display_name=f"Shop {self.slug}", slug=self.slug, currency=self.currency,
            commission_bp=COMMISSION_BP, low_stock_threshold=5, status="active",
        )  # fmt: skip
        product = ProductCreated(
            product_id=self.product_id, sku=f"{self.slug}-1", seller_id=self.seller_id, title=f"Lamp of {self.slug}",
            category_id=uuid.uuid4(), category=("Home",), price_minor=self.price_minor, currency=self.currency,
            product_version=1, created_at=at,
        )  # fmt: skip
        stock = StockMoved(
            inventory_id=uuid.uuid4(), product_id=self.product_id, seller_id=self.seller_id, bucket=0, kind="received",
            on_hand_delta=3, reserved_delta=1, on_hand_after=3, reserved_after=1, cause_type="import",
        )  # fmt: skip
        return [envelope(event, at=at) for event in (seller, product, stock)]


def order(lines: list[SoldLine], at: datetime, currency: str = "GBP") -> list[Entry]:
    """The journal entries of a paid order."""
    return of_sale(
        Cause(type="payment", id=uuid.uuid4(), order_id=uuid.uuid4(), currency=currency, gateway="test", at=at), lines
    )


def refund(of: list[Entry], line: SoldLine, at: datetime) -> list[Entry]:
    """The journal entries of one line given back whole."""
    order_id, currency = of[0].posted.order_id, of[0].posted.currency
    assert order_id
    cause = Cause(type="refund", id=uuid.uuid4(), order_id=order_id, currency=currency, gateway="test", at=at)
    return of_refund(cause, [RefundedLine(sold=line, amount_minor=line.total_minor, units=line.quantity)])


@dataclass(frozen=True)
class Town:
    """Two shops that sell together and alone, and what they were up to before `now`."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    lamps: Shop = field(default_factory=lambda: Shop("lamps", 1_250))
    chairs: Shop = field(default_factory=lambda: Shop("chairs", 9_999))

    def entries(self) -> Iterator[Entry]:
        """Ten days of orders, one of both shops, one line of it given back the day after, one a minute ago."""
        for day in range(10, 0, -1):
            at = self.now - timedelta(days=day)
            yield from order([self.lamps.sold(day)], at)
        shared = [self.lamps.sold(2), self.chairs.sold(1)]
        both = order(shared, self.now - timedelta(days=2, hours=1))
        yield from both
        yield from refund(both, shared[0], self.now - timedelta(days=1))
        yield from order([self.lamps.sold(3)], self.today)

    @property
    def today(self) -> datetime:
        """A moment ago, and still today."""
        return max(self.now - timedelta(minutes=1), self.now.replace(hour=0, minute=0, second=0, microsecond=0))


def fill(town: Town, core: psycopg.Connection[tuple[object, ...]] | None, warehouse: Client) -> None:
    """Put the town's books into the core's tables and everything into ClickHouse, complete to CUT."""
    told = [(entry, envelope(entry.posted, at=entry.occurred_at)) for entry in town.entries()]
    for entry, line in told:
        if core is not None:
            post(core, entry, line.tx)
    start = town.now - timedelta(days=11)
    land(warehouse, [*town.lamps.opened(start), *town.chairs.opened(start)], "catalog")
    land(warehouse, [line for _, line in told], "ledger")
    land(warehouse, [click(product=town.lamps.product_id) for _ in range(30)], "tracking")
    mark(warehouse, town.now)


def land(warehouse: Client, lines: Iterable[Envelope], topic: str) -> None:
    """The sink's own way from lines to rows."""
    packed, letters = inserts(read([message(lines, topic=topic, offset=next(OFFSETS))])[0])
    assert not letters
    for insert in packed:
        warehouse.raw_insert(insert.table, insert.columns, insert.body, fmt="Native", settings={"async_insert": 0})


def mark(warehouse: Client, at: datetime, complete_to: int = CUT) -> None:
    """A progress mark on every partition of every fact topic."""
    rows = [[topic, partition, complete_to, at, 1] for topic in FACT_TOPICS for partition in range(PARTITIONS)]
    warehouse.insert("progress_state", rows, column_names=["topic", "partition", "complete_to", "marked_at", "offset"])


def post(core: psycopg.Connection[tuple[object, ...]], entry: Entry, tx: int) -> None:
    """The rows that the core writes for an entry, with a chosen transaction id."""
    said = entry.posted
    core.execute(
        "INSERT INTO journal_entries (id, kind, cause_type, cause_id, order_id, currency, occurred_at, tx)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        [said.entry_id, said.kind, said.cause_type, said.cause_id, said.order_id, said.currency, entry.occurred_at, tx],
    )
    values = [
        (said.entry_id, n.line_no, n.account, n.seller_id, n.product_id, n.debit_minor, n.credit_minor, n.units)
        for n in said.lines
    ]
    rows = ", ".join(["(%s, %s, %s, %s, %s, %s, %s, %s)"] * len(values))
    core.execute(
        "INSERT INTO journal_lines"
        f" (entry_id, line_no, account, seller_id, product_id, debit_minor, credit_minor, units) VALUES {rows}",
        [value for row in values for value in row],
    )
