"""What an order's refunds are taken from: its lines, and after them the shipping of its sellers.

Money that is less than everything is of the goods first: shipping goes back once nothing of the goods is left.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from api.money import in_turn
from api.orders import charges, queries
from api.orders.charges import ShippingCharge


class Bill(msgspec.Struct, frozen=True):
    """An order's lines and charges; lists over its parts hold an entry per line, then one per charge."""

    order_id: UUID
    rows: Sequence[Row[Any]]
    charges: tuple[ShippingCharge, ...]
    unpaid: tuple[ShippingCharge, ...] = ()
    """Charges of parcels that did not arrive and were to be paid at the door; no part of it."""

    @property
    def left(self) -> list[int]:
        """What did not go back of each part."""
        goods = [int(row.total_minor - row.refunded_minor) for row in self.rows]
        return [*goods, *(charge.left_minor for charge in self.charges)]

    @property
    def sellers(self) -> list[UUID]:
        """Whose each part is."""
        return [*(row.seller_id for row in self.rows), *(charge.seller_id for charge in self.charges)]

    @property
    def lines(self) -> list[UUID | None]:
        """Which order line each part is; None for a charge."""
        return [*(row.id for row in self.rows), *(None for _ in self.charges)]

    def spread(self, minor: int, weights: Sequence[int]) -> list[int]:
        """Money over the parts by weight, goods first."""
        return in_turn(minor, weights[: len(self.rows)], weights[len(self.rows) :])


async def of_order(conn: AsyncConnection, order_id: UUID) -> Bill:
    """The bill of an order as it is; NotFound. Of cash on delivery it is what was paid for at the door (R-PAY-9).

    An order that was meant to be paid in cash may have been paid otherwise.
    """
    order = await queries.read(conn, order_id)
    whole = Bill(order_id, await queries.lines(conn, order_id), charges.of_order(order))
    if not await queries.in_cash(conn, order_id):
        return whole
    arrived = await queries.delivered_sellers(conn, order_id)
    return Bill(
        order_id,
        [row for row in whole.rows if row.seller_id in arrived],
        tuple(charge for charge in whole.charges if charge.seller_id in arrived),
        tuple(charge for charge in whole.charges if charge.seller_id not in arrived),
    )
