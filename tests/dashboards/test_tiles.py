"""What a tile says of the period before."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest


def shown(now: int, before: int | None, compared: str) -> Any:
    """The tile as a page would show it."""
    script = f"""
from dashboards.tiles import Tile, grid
grid([Tile("net", {now}, {before})], "GBP", {compared!r})
"""
    return AppTest.from_string(script).run().metric[0]


@pytest.mark.parametrize(
    ("now", "before", "delta"),
    [(110, 100, "+10.0 %"), (90, 100, "-10.0 %"), (7, 7, "0 %"), (500, 0, "new"), (-5, 0, "-£0.05"), (5, None, "–")],  # noqa: RUF001
)
def test_every_number_is_compared(now: int, before: int | None, delta: str) -> None:
    """R-ANA-12: also when there was nothing before."""
    assert shown(now, before, "vs yesterday").delta == delta


def test_without_a_comparison_there_is_no_change() -> None:
    """The person chose to compare with nothing."""
    assert not shown(5, None, "").delta
