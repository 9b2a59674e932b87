"""Comparing cells: pure."""

import uuid
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from audit.cells import Cell, Difference, compare, lasting

MEASURES = ("debit_minor", "credit_minor")
CELL = Cell(uuid.UUID(int=1), "GBP", "sale sales", date(2026, 11, 21))
cells = st.dictionaries(
    st.builds(Cell, st.uuids(), st.sampled_from(["GBP", "USD"]), st.sampled_from(["sales", "refunds"]), st.dates()),
    st.tuples(st.integers(-(10**15), 10**15), st.integers(-(10**15), 10**15)),
    max_size=8,
)


@given(cells)
def test_equal_sides_have_no_difference(side: dict[Cell, tuple[int, ...]]) -> None:
    """R-MOON-1."""
    assert compare("landing", MEASURES, side, dict(side)) == []


@given(cells, st.data(), st.integers(1, 10**9))
def test_one_changed_amount_is_found_and_named(side: dict[Cell, tuple[int, ...]], data: st.DataObject, by: int) -> None:
    """R-MOON-1: a drift of one minor unit is enough."""
    side = {**side, CELL: (5, 7)}
    changed = data.draw(st.sampled_from(sorted(side)))
    other = {**side, changed: (side[changed][0], side[changed][1] + by)}
    (found,) = compare("landing", MEASURES, side, other)
    assert (found.cell, found.measure, found.amount) == (changed, "credit_minor", by)


def test_a_cell_that_one_side_lacks_differs() -> None:
    """Nothing is not the same as a cell of zero only where money stands."""
    assert compare("landing", MEASURES, {CELL: (0, 3)}, {}) == [Difference("landing", CELL, "credit_minor", 3, None)]
    assert compare("landing", MEASURES, {CELL: (0, 0)}, {}) == []


def test_only_what_stays_counts() -> None:
    """An insert between two reads passes; a difference of the same amount stays, even while the cell grows."""
    before = [Difference("books_day", CELL, "net_minor", 10, 11), Difference("books_day", CELL, "units", 1, 2)]
    now = [Difference("books_day", CELL, "net_minor", 110, 111), Difference("books_day", CELL, "units", 2, 4)]
    assert lasting(before, now) == now[:1]
