"""What an order's refunds are taken from: its lines, and after them the shipping of its sellers.

Money that is less than everything is of the goods first: shipping goes back once nothing of the goods is left. Of money
that is captured in parts it is what each part got of them, so that nobody gives back what another received.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from api.ledger.service import captured_of, units_of
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
    captures: Sequence[int] = ()
    """What was captured for it, one amount after the other."""

    @property
    def left(self) -> list[int]:
        """What did not go back of each part."""
        goods = [int(row.total_minor - row.refunded_minor) for row in self.rows]
        return [*goods, *(charge.left_minor for charge in self.charges)]

    @property
    def captured(self) -> list[int]:
        """What was captured of each part."""
        wholes = [*(row.total_minor for row in self.rows), *(charge.charged_minor for charge in self.charges)]
        return captured_of(wholes, self.captures) if self.captures else wholes

    @property
    def kept(self) -> list[int]:
        """What was captured of each part and did not go back."""
        back = [*(row.refunded_minor for row in self.rows), *(charge.refunded_minor for charge in self.charges)]
        return [max(got - gone, 0) for got, gone in zip(self.captured, back, strict=True)]

    @property
    def units(self) -> list[int]:
        """Per line the units that were sold with what was captured of it, and did not come back."""
        sold = [units_of(queries.sold(row), got) for row, got in zip(self.rows, self.captured, strict=False)]
        return [max(units - row.returned_quantity, 0) for units, row in zip(sold, self.rows, strict=True)]

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
    captures = await queries.captures(conn, order_id)
    whole = Bill(order_id, await queries.lines(conn, order_id), charges.of_order(order), captures=captures)
    if not await queries.in_cash(conn, order_id):
        return whole
    arrived = await queries.delivered_sellers(conn, order_id)
    return Bill(
        order_id,
        [row for row in whole.rows if row.seller_id in arrived],
        tuple(charge for charge in whole.charges if charge.seller_id in arrived),
        tuple(charge for charge in whole.charges if charge.seller_id not in arrived),
        captures,
    )
