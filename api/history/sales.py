"""Books one past order: the rows that its whole life leaves behind, and the facts of that life in their order."""

from base64 import b32encode
from uuid import UUID

import msgspec

from api import ids
from api.history import entries, parcels
from api.history.batch import Batch
from api.history.past import Goods, PastOrder, Sold
from api.history.stock import Cause, Shelf
from api.ledger import service as ledger
from api.outbox import Fact
from streams.events import Event, Item
from streams.events.inventory import InventoryDeducted, InventoryReserved
from streams.events.orders import OrderConfirmed, OrderCreated, OrderLine, OrderValidated
from streams.events.payments import PaymentCreated, PaymentProcessed

METHOD, GATEWAY = "card", "test"


class Sale(msgspec.Struct):
    """One order on its way into a batch; `version` counts the facts about the order itself."""

    order: PastOrder
    order_id: UUID
    sold: tuple[Sold, ...]
    units: dict[Goods, int]
    total_minor: int
    version: int = 0

    def next(self, event: Event) -> Fact:
        """The next fact in the order's own life."""
        self.version += 1
        return Fact(event, self.version)

    def id_of(self, *part: object) -> UUID:
        """The id of something that belongs to the order, the same in every run."""
        return ids.derived(self.order.at, self.order_id, *part)

    @property
    def payment_id(self) -> UUID:
        """The one payment of the order."""
        return self.id_of("payment")


def begin(order: PastOrder) -> Sale:
    """An order with its lines numbered and its units summed by product."""
    units: dict[Goods, int] = {}
    for line in order.lines:
        units[line.goods] = units.get(line.goods, 0) + line.quantity
    sold = order.sold()
    return Sale(order, order.order_id, sold, units, sum(line.total_minor for line in sold))


def book(batch: Batch, shelf: Shelf, order: PastOrder) -> Sale:
    """Everything that a live order leaves: placed, paid, confirmed, and sent and delivered when it was shipped."""
    sale = begin(order)
    facts = _placed(batch, shelf, sale)
    if sale.total_minor:
        facts += _paid(batch, sale)
    facts += _confirmed(batch, shelf, sale)
    if order.shipped:
        facts += parcels.delivered(batch, sale)
    batch.record(order.correlation, order.at, facts)
    _store(batch, sale)
    return sale


def _placed(batch: Batch, shelf: Shelf, sale: Sale) -> list[Fact]:
    """Placed and held (8.4, from nothing to pending)."""
    order = sale.order
    cause = Cause("order", sale.order_id, order.at)
    hold = InventoryReserved(
        reservation_id=sale.id_of("reservation"), order_id=sale.order_id, items=_items(sale), expires_at=order.at
    )
    facts = [
        sale.next(_created(sale)),
        sale.next(OrderValidated(order_id=sale.order_id, is_valid=True)),
        Fact(hold, 1),
    ]
    for goods, quantity in sale.units.items():
        facts += shelf.reserve(batch, goods, quantity, cause)
    return facts


def _created(sale: Sale) -> OrderCreated:
    order = sale.order
    return OrderCreated(
        order_id=sale.order_id,
        order_number=_number(sale),
        customer_id=order.user_id,
        session_id=order.session_id,
        currency=order.currency,
        items=tuple(_line(line) for line in sale.sold),
        subtotal_minor=sale.total_minor,
        discount_minor=0,
        shipping_minor=0,
        tax_minor=0,
        total_minor=sale.total_minor,
        payment_method=METHOD,
        province_id=order.place.province_id,
        city_id=order.place.city_id,
        hold_expires_at=order.at,
    )


def _line(line: Sold) -> OrderLine:
    goods = line.goods
    return OrderLine(
        order_item_id=line.order_item_id,
        product_id=goods.product_id,
        sku=goods.sku,
        seller_id=goods.seller_id,
        category_id=goods.category_id,
        quantity=line.quantity,
        unit_price_minor=line.unit_minor,
        total_minor=line.total_minor,
    )


def _paid(batch: Batch, sale: Sale) -> list[Fact]:
    """Paid by card, and in the books (S6)."""
    order, payment_id = sale.order, sale.payment_id
    cause = ledger.Cause(
        type="payment", id=payment_id, order_id=sale.order_id, currency=order.currency, gateway=GATEWAY, at=order.at
    )
    posted = ledger.of_sale(cause, [line.sold_line() for line in sale.sold])
    batch.add(
        "payments", payment_id, sale.order_id, order.user_id, METHOD, GATEWAY, f"import-{payment_id}",
        sale.total_minor, order.currency, sale.total_minor, sale.total_minor, "success", 2, order.at, order.at,
    )  # fmt: skip
    batch.add(
        "payment_operations", sale.id_of("capture"), payment_id, "capture", sale.total_minor, "succeeded",
        f"import-{payment_id}", f"charge:{payment_id}", "succeeded", order.at, order.at,
    )  # fmt: skip
    return [
        Fact(_payment(PaymentCreated, sale), 1),
        Fact(_payment(PaymentProcessed, sale), 2),
        *entries.post(batch, posted),
    ]


def _payment(event: type[PaymentCreated] | type[PaymentProcessed], sale: Sale) -> Event:
    return event(
        payment_id=sale.payment_id,
        order_id=sale.order_id,
        payment_method=METHOD,
        gateway=GATEWAY,
        amount_minor=sale.total_minor,
        currency=sale.order.currency,
    )


def _confirmed(batch: Batch, shelf: Shelf, sale: Sale) -> list[Fact]:
    """Confirmed, and its units out of the stock (S7, S8)."""
    cause = Cause("order", sale.order_id, sale.order.at)
    reservation_id = sale.id_of("reservation")
    paid_by = sale.payment_id if sale.total_minor else None
    confirmed = OrderConfirmed(order_id=sale.order_id, status="paid", payment_id=paid_by, payment_method=METHOD)
    deducted = InventoryDeducted(reservation_id=reservation_id, order_id=sale.order_id, items=_items(sale))
    facts = [sale.next(confirmed), Fact(deducted, 2)]
    at = sale.order.at
    batch.add("reservations", reservation_id, sale.order_id, sale.order_id, "deducted", at, 2, at, at)
    for goods, quantity in sale.units.items():
        batch.add("reservation_items", reservation_id, goods.inventory_id, goods.product_id, quantity)
        facts.append(shelf.deduct(batch, goods, quantity, cause))
    return facts


def _store(batch: Batch, sale: Sale) -> None:
    order, at = sale.order, sale.order.at
    sent = at if order.shipped else None
    batch.add(
        "orders", sale.order_id, _number(sale), order.user_id, "delivered" if order.shipped else "paid",
        order.currency, sale.total_minor, sale.total_minor, order.place.address_json, METHOD, order.session_id, at,
        sent, sent, sale.version, at, at,
    )  # fmt: skip
    for number, line in enumerate(sale.sold, start=1):
        goods = line.goods
        batch.add(
            "order_items", line.order_item_id, sale.order_id, number, goods.product_id, goods.seller_id, goods.title,
            line.unit_minor, line.quantity, line.total_minor, goods.commission_bp, goods.snapshot_json,
        )  # fmt: skip


def _items(sale: Sale) -> tuple[Item, ...]:
    return tuple(Item(product_id=goods.product_id, quantity=quantity) for goods, quantity in sale.units.items())


def _number(sale: Sale) -> str:
    """`ATL-YYYYMMDD-` and ten letters of the id's own hash: unique without asking."""
    return f"ATL-{sale.order.at:%Y%m%d}-{b32encode(sale.order_id.bytes[-7:])[:10].decode()}"
