"""Money taken: booked as the sale it is, whole or in parts, in the transaction that says so (R-LED-2, R-LED-3)."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids, outbox
from api.ledger import service as ledger
from api.orders import queries as orders
from api.payments import queries
from api.payments.paying import Payment
from api.payments.service import steps
from streams.events.payments import PaymentProcessed


class Sale(msgspec.Struct, frozen=True):
    """What money is taken for: order lines, and the shipping of sellers."""

    lines: Sequence[ledger.SoldLine]
    shipping: Sequence[ledger.Charge]

    @property
    def minor(self) -> int:
        """What the shopper pays for it."""
        return sum(line.total_minor for line in self.lines) + sum(one.charged_minor for one in self.shipping)


async def whole_sale(conn: AsyncConnection, order_id: UUID) -> Sale:
    """All of an order."""
    return Sale(*await orders.sale(conn, order_id))


def of_sellers(sale: Sale, sellers: Collection[UUID]) -> Sale:
    """The part of a sale that is of some sellers."""
    return Sale(
        [line for line in sale.lines if line.seller_id in sellers],
        [one for one in sale.shipping if one.seller_id in sellers],
    )


async def part_of(conn: AsyncConnection, payment: Row[Any], minor: int, operation_id: UUID) -> Sale:
    """What `minor` of a payment is taken for: all that is left of each line's and the shipping's share."""
    sale = await whole_sale(conn, payment.order_id)
    if minor == payment.amount_minor:
        return sale
    earlier = await queries.captured(conn, payment.id, but=operation_id)
    return Sale(*ledger.parts(sale.lines, sale.shipping, earlier, minor))


async def book(
    conn: AsyncConnection,
    payment: Row[Any],
    sale: Sale,
    *,
    operation_id: UUID,
    wallet_id: UUID | None = None,
    last: bool = False,
    reference: str | None = None,
) -> Row[Any]:
    """Book a sale of a locked payment as captured by an operation; the last one makes the payment a success.

    `last`: nothing more will be captured, although it is less than was authorized. `reference`: the gateway's name of
    the payment, when it gave one just now. Gives the payment afterwards.
    """
    whole = sale.minor == payment.amount_minor
    cause = ledger.Cause(
        type="payment" if whole else "capture",
        id=payment.id if whole else operation_id,
        order_id=payment.order_id,
        currency=payment.currency,
        gateway=payment.gateway,
        wallet_id=wallet_id,
        at=ids.now(),
    )
    journal = await ledger.post(conn, ledger.of_sale(cause, sale.lines, sale.shipping))
    captured = payment.captured_minor + sale.minor
    authorized = captured if last else max(captured, payment.authorized_minor)
    known = {"gateway_transaction_id": reference} if reference else {}
    if captured == authorized:
        done = await _complete(conn, payment, captured, wallet_id=wallet_id, **known)
    else:
        done = await steps.change(conn, payment.id, {"captured_minor": captured, "updated_at": cause.at, **known})
    await outbox.record(conn, *journal)
    return done


async def _complete(conn: AsyncConnection, payment: Row[Any], captured: int, **columns: Any) -> Row[Any]:
    money = {"captured_minor": captured, "authorized_minor": captured}
    return await steps.advance(conn, payment, processed(payment, captured), "success", **money, **columns)


def processed(payment: Row[Any] | Payment, captured: int) -> PaymentProcessed:
    """That so much of a payment was taken, which is all of it."""
    return PaymentProcessed(
        payment_id=payment.id,
        order_id=payment.order_id,
        amount_minor=captured,
        currency=payment.currency,
        gateway=payment.gateway,
        payment_method=payment.payment_method,
    )
