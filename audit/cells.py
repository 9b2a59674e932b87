"""Compares two sets of cells of the books: pure, whoever read them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

PLATFORM = UUID(int=0)
"""Stands for the seller on lines of the platform's own accounts."""


class Cell(NamedTuple):
    """One cell: a seller's account on a UTC day in one currency."""

    seller_id: UUID
    currency: str
    account: str
    day: date


Amounts = tuple[int, ...]
"""The measures of a cell, minor units or units of goods, in the order of their names."""

Cells = Mapping[Cell, Amounts]


class Difference(NamedTuple):
    """A measure of one cell that is not what it must be; None where that side has no such cell."""

    side: str
    """Who is wrong as far as this comparison can tell: `landing` (against the core), or a mart (against landing)."""
    cell: Cell
    measure: str
    expected: int | None
    found: int | None

    @property
    def amount(self) -> int:
        """Found less expected."""
        return (self.found or 0) - (self.expected or 0)

    @property
    def place(self) -> tuple[str, Cell, str, int]:
        """The same while other money moves through the cell: what tells a lasting difference from a passing one."""
        return self.side, self.cell, self.measure, self.amount


def compare(side: str, measures: Sequence[str], expected: Cells, found: Cells) -> list[Difference]:
    """Every measure of every cell that differs, cells in order; a missing cell differs unless the other is all zero."""
    wrong = [cell for cell in expected.keys() | found.keys() if expected.get(cell) != found.get(cell)]
    return [
        difference
        for cell in sorted(wrong)
        for difference in _of_cell(side, cell, measures, expected.get(cell), found.get(cell))
    ]


def _of_cell(
    side: str, cell: Cell, measures: Sequence[str], expected: Amounts | None, found: Amounts | None
) -> list[Difference]:
    zeros = (0,) * len(measures)
    rows = zip(measures, expected or zeros, found or zeros, strict=True)
    return [
        Difference(side, cell, measure, want if expected else None, have if found else None)
        for measure, want, have in rows
        if want != have
    ]


def lasting(before: Sequence[Difference], now: Sequence[Difference]) -> list[Difference]:
    """Those of `now` that stood there `before` by the same amount: an insert that fell between is no difference."""
    seen = {difference.place for difference in before}
    return [difference for difference in now if difference.place in seen]
