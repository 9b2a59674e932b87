"""Books past returns: goods back on the shelf, money back to the card, both at the return's own time."""

from collections.abc import Iterable
from typing import TypedDict
from uuid import UUID

import msgspec

from api import ids
from api.history import entries
from api.history.batch import Batch
from api.history.opened import Opened, Orders, Taken
from api.history.past import Goods, PastReturn, Sold
from api.history.sales import GATEWAY
from api.history.stock import Cause, Shelf
from api.ledger import service as ledger
from api.outbox import Fact
from streams.events.orders import OrderRefunded, OrderReturned, ReturnedLine, ReturnRequested
from streams.events.payments import RefundApproved, RefundRequested, RefundSucceeded

REASON = "other"  # other systems do not tell why
CAUSE = "return"
BECAUSE = OrderReturned.name  # the fact that a live refund would follow from
_json = msgspec.json.Encoder()


class _Money(TypedDict):
    """What every fact of one refund says."""

    refund_id: UUID
    payment_id: UUID
    order_id: UUID
    amount_minor: int
    currency: str


class _Back(msgspec.Struct):
    """One return on its way into a batch: what of it can be booked."""

    past: PastReturn
    order: Opened
    taken: tuple[Taken, ...]
    amount_minor: int

    @property
    def units(self) -> tuple[Sold, ...]:
        """The units that come back, line by line."""
        return tuple(found.unit for found in self.taken)

    @property
    def return_id(self) -> UUID:
        """The return's id, the same in every run."""
        return ids.derived(self.past.at, self.past.source, CAUSE, self.past.key)

    @property
    def refund_id(self) -> UUID:
        """The id of the return's refund."""
        return ids.derived(self.past.at, self.past.source, "refund", self.past.key)


def book(batch: Batch, shelf: Shelf, orders: Orders, past: PastReturn) -> int:
    """Book what the order still has of the units; the answer is how many units it has not."""
    taken = tuple(found for unit in past.units if (found := orders.take_back(past.order_id, unit)))
    missing = sum(unit.quantity for unit in past.units) - sum(found.unit.quantity for found in taken)
    if not taken:
        return missing
    back = _Back(past, orders.order(past.order_id), taken, sum(found.unit.total_minor for found in taken))
    facts = [*_returned(batch, back), *_restocked(batch, shelf, back)]
    if back.amount_minor and back.order.payment_id:
        facts += _refunded(batch, back, back.order.payment_id)
    batch.record(past.correlation, past.at, facts)
    return missing


def _returned(batch: Batch, back: _Back) -> list[Fact]:
    order, full = back.order, back.order.units_left == 0
    lines = tuple(_line(unit) for unit in back.units)
    asked = [{"order_item_id": str(unit.order_item_id), "quantity": unit.quantity} for unit in back.units]
    at = back.past.at
    batch.add(
        "order_returns", back.return_id, order.order_id, order.user_id, REASON, _json.encode(asked).decode(),
        back.amount_minor, "received", True, at, at, at,
    )  # fmt: skip
    order.status = "returned" if full else order.status
    requested = ReturnRequested(order_id=order.order_id, return_id=back.return_id, return_reason=REASON, items=lines)
    returned = OrderReturned(
        order_id=order.order_id,
        return_id=back.return_id,
        return_reason=REASON,
        refund_amount_minor=back.amount_minor,
        currency=order.currency,
        items=lines,
        full=full,
    )
    return [order.next(requested), order.next(returned)]


def _line(unit: Sold) -> ReturnedLine:
    return ReturnedLine(
        order_item_id=unit.order_item_id,
        product_id=unit.goods.product_id,
        seller_id=unit.goods.seller_id,
        quantity=unit.quantity,
        refund_minor=unit.total_minor,
    )


def _restocked(batch: Batch, shelf: Shelf, back: _Back) -> list[Fact]:
    cause = Cause(CAUSE, back.return_id, back.past.at)
    return [shelf.take_back(batch, goods, quantity, cause) for goods, quantity in _by_product(back.units).items()]


def _by_product(units: Iterable[Sold]) -> dict[Goods, int]:
    summed: dict[Goods, int] = {}
    for unit in units:
        summed[unit.goods] = summed.get(unit.goods, 0) + unit.quantity
    return summed


def _refunded(batch: Batch, back: _Back, payment_id: UUID) -> list[Fact]:
    order = back.order
    order.refunded_minor += back.amount_minor
    full = order.refunded_minor == order.captured_minor
    _store_refund(batch, back, payment_id)
    money: _Money = {
        "refund_id": back.refund_id,
        "payment_id": payment_id,
        "order_id": order.order_id,
        "amount_minor": back.amount_minor,
        "currency": order.currency,
    }
    cause = ledger.Cause(
        type="refund",
        id=back.refund_id,
        order_id=order.order_id,
        currency=order.currency,
        gateway=GATEWAY,
        at=back.past.at,
    )
    posted = ledger.of_refund(cause, [found.refunded for found in back.taken])
    why = {"reason_code": BECAUSE, "target": "original", "cause_type": CAUSE}
    paid_back = OrderRefunded(
        order_id=order.order_id,
        refund_id=back.refund_id,
        amount_minor=back.amount_minor,
        currency=order.currency,
        full=full,
    )
    return [
        Fact(RefundRequested(**money, **why), 1),
        Fact(RefundApproved(**money, by="rule"), 2),
        Fact(RefundSucceeded(**money, **why, full=full, order_occurred_at=order.at), 3),
        *entries.post(batch, posted),
        order.next(paid_back),
    ]


def _store_refund(batch: Batch, back: _Back, payment_id: UUID) -> None:
    order, at, refund_id = back.order, back.past.at, back.refund_id
    batch.add(
        "refunds", refund_id, payment_id, order.order_id, None, back.amount_minor, order.currency, BECAUSE,
        "succeeded", 1, CAUSE, back.return_id, 3, at, at,
    )  # fmt: skip
    batch.add(
        "payment_operations", ids.derived(at, refund_id, "operation"), payment_id, "refund", back.amount_minor,
        "succeeded", f"import-{refund_id}", f"refund:{refund_id}", "succeeded", at, at,
    )  # fmt: skip
