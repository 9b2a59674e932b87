"""Finds the order lines that returned units belong to: the same customer's, of that code, earlier, the newest first."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from stack.imports.plan import Order, Return, Returned, Units

FURTHER = "+"
RETURN_TIME = "%Y%m%d%H%M%S"
Gone = Mapping[tuple[str, int], int]
"""Units of order lines, by order key and position, that came back in other files."""


class _Left(msgspec.Struct, gc=False):
    """Units of one order line that the customer still has."""

    at: datetime
    order: str
    line: int
    quantity: int


def in_turn(orders: Iterable[Order]) -> list[Order]:
    """Orders in time order, then by invoice number; further orders of an invoice (`536365+1`) follow it."""
    return sorted(orders, key=_turn)


def _turn(order: Order) -> tuple[datetime, int, int, str]:
    invoice, _, further = order.key.partition(FURTHER)
    return order.at, int(invoice), int(further or 0), order.key


def match(orders: Sequence[Order], returned: Iterable[Returned], gone: Gone | None = None) -> tuple[list[Return], int]:
    """Returns in time order, one for each cancellation, moment and order, and how many units found no line.

    `orders` are in time order, then by invoice number, which puts the newest line of a customer and code last.
    """
    left = _left(orders, gone or {})
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
        Return(f"{invoice}:{order}:{at:{RETURN_TIME}}", at, order, _summed(units))
        for (at, invoice, order), units in found.items()
    ]
    return returns, unmatched


def _left(orders: Iterable[Order], gone: Gone) -> dict[tuple[str, str], list[_Left]]:
    left: dict[tuple[str, str], list[_Left]] = {}
    for order in orders:
        for number, line in enumerate(order.lines):
            held = _Left(order.at, order.key, number, line.quantity - gone.get((order.key, number), 0))
            left.setdefault((order.customer, line.sku), []).append(held)
    return left


def _summed(units: Iterable[Units]) -> tuple[Units, ...]:
    by_line: dict[int, int] = {}
    for taken in units:
        by_line[taken.line] = by_line.get(taken.line, 0) + taken.quantity
    return tuple(Units(line, quantity) for line, quantity in sorted(by_line.items()))
