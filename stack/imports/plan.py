"""What an import will book: orders, returns, listings and accounts, and what it leaves out, counted by reason."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache
from hashlib import sha256
from typing import TypeVar

import msgspec

Value = TypeVar("Value", int, str)

# Nothing real comes near these; what is beyond them is a broken cell, and would not fit the books.
MAX_PRICE_MINOR = 1_000_000_000
MAX_QUANTITY = 1_000_000
MAX_KEY_LENGTH = 40
MAX_DIGITS = 15


class Line(msgspec.Struct, frozen=True, gc=False):
    """One line of an order: units of a stock code at a unit price in minor units."""

    sku: str
    quantity: int
    unit_minor: int


class Order(msgspec.Struct, frozen=True):
    """One order, with the key that names it in its data set; `session` is the visit it came from, if known."""

    key: str
    at: datetime
    customer: str
    area: str
    lines: tuple[Line, ...]
    session: str | None = None


class Units(msgspec.Struct, frozen=True, gc=False):
    """Units of the line at position `line` (0, 1, ...) of an order."""

    line: int
    quantity: int


class Return(msgspec.Struct, frozen=True):
    """Units of one order that came back at one moment."""

    key: str
    at: datetime
    order: str
    units: tuple[Units, ...]


class Returned(msgspec.Struct, frozen=True, gc=False):
    """A row that gives units of a code back; `customer` None returns nothing, for guests buy on one invoice only."""

    at: datetime
    invoice: str
    row: int
    code: str
    quantity: int
    customer: str | None


class Listing(msgspec.Struct, frozen=True):
    """A product as the file describes it; `sold` is what the file sells of it, `price_minor` None when never priced."""

    sku: str
    title: str
    seller: int
    price_minor: int | None
    sold: int
    category: tuple[str, ...]
    brand: str | None = None


@dataclass
class Plan:
    """Everything one file implies, in time order; money in minor units of `currency`, `until` the last moment of it.

    `returned` are the rows that `returns` come from; `before` are orders of other files that they give back to, and
    `named` is the fingerprint of the file where the orders are no longer those of the file alone.
    """

    source: str
    currency: str
    orders: list[Order]
    listings: list[Listing]
    accounts: dict[str, datetime]
    returns: list[Return] = field(default_factory=list)
    rows: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    unmatched_units: int = 0
    shipped: bool = True
    clicks: int = 0
    until: datetime | None = None
    returned: list[Returned] = field(default_factory=list)
    before: list[Order] = field(default_factory=list)
    named: str = ""

    def totals(self) -> dict[str, int]:
        """The sums that the books must show: orders, lines, units, gross_minor, units_returned, refunded_minor, ..."""
        lines = {order.key: order.lines for order in (*self.orders, *self.before)}
        returned = [(lines[back.order][u.line].unit_minor, u.quantity) for back in self.returns for u in back.units]
        return {
            "rows": self.rows,
            "rows_skipped": sum(self.skipped.values()),
            "orders": len(self.orders),
            "lines": sum(len(order.lines) for order in self.orders),
            "units": sum(line.quantity for order in self.orders for line in order.lines),
            "gross_minor": sum(line.quantity * line.unit_minor for order in self.orders for line in order.lines),
            "returns": len(self.returns),
            "units_returned": sum(quantity for _, quantity in returned),
            "refunded_minor": sum(unit * quantity for unit, quantity in returned),
            "units_unmatched": self.unmatched_units,
            "products": len(self.listings),
            "accounts": len(self.accounts),
            "clicks": self.clicks,
        }

    def fingerprint(self) -> str:
        """16 hex digits that the same content gives in any form of file: it names this plan's opening stock."""
        if self.named:
            return self.named
        digest = sha256(self.source.encode())
        for order in self.orders:
            digest.update(f"\n{order.key} {order.at.isoformat()}".encode())
            digest.update(",".join(f"{line.sku}*{line.quantity}" for line in order.lines).encode())
        digest.update("".join(f"\n{item.sku}" for item in self.listings).encode())
        return digest.hexdigest()[:16]


class Count(dict[str, int]):
    """How often each reason came up."""

    def add(self, reason: str, times: int = 1) -> None:
        """Count `reason` once more, or `times` more."""
        self[reason] = self.get(reason, 0) + times


@cache
def minor_units(price: str) -> int:
    """A decimal price in hundredths, half up; ValueError when it is no number."""
    return int((decimal(price) * 100).to_integral_value(ROUND_HALF_UP))


@cache
def decimal(text: str) -> Decimal:
    """The number a cell holds, exactly as published; ValueError when it holds none."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation as error:
        raise ValueError(text) from error
    if not number.is_finite() or number.adjusted() > MAX_DIGITS:
        raise ValueError(text)
    return number


def whole(text: str) -> int:
    """A whole number, also written as `6.0`; ValueError otherwise."""
    number = decimal(text)
    if number != number.to_integral_value():
        raise ValueError(text)
    return int(number)


def most_frequent(counts: dict[Value, int]) -> Value | None:
    """The value counted most often, the lowest of several; None without any."""
    return min(counts, key=lambda value: (-counts[value], value), default=None)
