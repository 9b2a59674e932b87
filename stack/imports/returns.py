"""Finds the order lines that returned units belong to: the same customer's, of that code, earlier, the newest first."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from stack.imports.plan import Order, Return, Units


class Returned(msgspec.Struct, frozen=True, gc=False):
    """A row that gives units of a code back; `customer` None returns nothing, for guests buy on one invoice only."""

    at: datetime
    invoice: str
    row: int
    code: str
    quantity: int
    customer: str | None


class _Left(msgspec.Struct, gc=False):
    """Units of one order line that the customer still has."""

    at: datetime
    order: str
    line: int
    quantity: int


def match(orders: Sequence[Order], returned: Iterable[Returned]) -> tuple[list[Return], int]:
    """Returns in time order, one for each cancellation, moment and order, and how many units found no line.

    `orders` are in time order, then by invoice number, which puts the newest line of a customer and code last.
    """
    left = _left(orders)
    found: dict[tuple[datetime, str, str], list[Units]] = {}
    unmatched = 0
    for back in sorted(returned, key=lambda back: (back.at, back.invoice, back.row)):
        missing = back.quantity
        for held in reversed(left.get((back.customer or "", back.code), ())):
            if not missing:
                break
            if held.quantity and held.at < back.at:
                taken = min(missing, held.quantity)
                held.quantity -= taken
                missing -= taken
                found.setdefault((back.at, back.invoice, held.order), []).append(Units(held.line, taken))
        unmatched += missing
    returns = [
        Return(f"{invoice}:{order}:{at:%Y%m%d%H%M%S}", at, order, _summed(units))
        for (at, invoice, order), units in found.items()
    ]
    return returns, unmatched


def _left(orders: Iterable[Order]) -> dict[tuple[str, str], list[_Left]]:
    left: dict[tuple[str, str], list[_Left]] = {}
    for order in orders:
        for number, line in enumerate(order.lines):
            held = _Left(order.at, order.key, number, line.quantity)
            left.setdefault((order.customer, line.sku), []).append(held)
    return left


def _summed(units: Iterable[Units]) -> tuple[Units, ...]:
    by_line: dict[int, int] = {}
    for taken in units:
        by_line[taken.line] = by_line.get(taken.line, 0) + taken.quantity
    return tuple(Units(line, quantity) for line, quantity in sorted(by_line.items()))
