"""How numbers and spans are written, and what a chart is made of: pure."""

import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clickhouse.queries import question
from dashboards import charts
from dashboards.metrics import METRICS
from dashboards.money import average, change, major, money, share
from dashboards.periods import COMPARISONS, PERIODS, compared_with, ending_at, words

NOW = datetime(2026, 11, 21, 14, 5, 12, tzinfo=UTC)
THEME = Path(__file__).parents[2] / "dashboards" / ".streamlit" / "config.toml"


@pytest.mark.parametrize(
    ("minor", "currency", "written"),
    [(12_345, "GBP", "£123.45"), (-1, "GBP", "-£0.01"), (123_456_789_012_345_678, "USD", "US$1,234,567,890,123,456.78"),
     (500, "JPY", "JP¥500")],
)  # fmt: skip
def test_money_is_exact(minor: int, currency: str, written: str) -> None:
    """R-API-5: digits of the currency, no float on the way."""
    assert money(minor, currency) == written


@given(st.lists(st.integers(-(10**15), 10**15)))
def test_amounts_add_up(minors: list[int]) -> None:
    """A totals row is the sum of its rows to the cent."""
    assert sum((major(minor, "GBP") for minor in minors), major(0, "GBP")) == major(sum(minors), "GBP")


def test_changes_say_their_direction_and_nothing_more() -> None:
    """A flat period is the number 0, which Streamlit shows without an arrow; without a past there is no change."""
    assert (change(110, 100), change(90, 100), change(7, 7), change(5, 0)) == ("+10.0 %", "-10.0 %", 0, None)
    assert (average(1_001, 2), average(5, 0), share(1, 3), share(1, 0)) == (501, 0, "33.3 %", "–")  # noqa: RUF001


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("comparison", COMPARISONS)
def test_a_part_day_meets_a_part_day(period: str, comparison: str) -> None:
    """R-ANA-12: both spans are equally long and end at the same time of day; nothing is counted twice."""
    span = ending_at(NOW, period)
    other = compared_with(span, comparison)
    assert span.days == PERIODS[period]
    if other is None:
        assert comparison == "Nothing"
        return
    assert other.end - other.start == span.end - span.start
    assert other.end.time() == NOW.time()
    assert other.last_day < span.first_day
    if comparison != "Period before":
        assert other.end.weekday() == span.end.weekday()


def test_the_compared_span_is_named() -> None:
    """A person reads what is compared with what."""
    before = compared_with(ending_at(NOW, "Today"), "Period before")
    assert before
    assert words(before, date(2026, 11, 21)) == "yesterday to 14:05"
    week = compared_with(ending_at(NOW, "7 days"), "Period before")
    assert week
    assert words(week, date(2026, 11, 21)) == "8 Nov – 14 Nov to 14:05"  # noqa: RUF001


def test_ten_colours_in_every_list() -> None:
    """With fewer, Plotly drops the whole list in silence."""
    theme: dict[str, Any] = tomllib.loads(THEME.read_text())["theme"]
    lists = {
        f"{look} {name}": len(value)
        for look in ("light", "dark")
        for name, value in theme[look].items()
        if "Colors" in name
    }
    assert len(lists) == 6
    assert set(lists.values()) == {10}


def test_nothing_is_fetched_from_elsewhere() -> None:
    """R-SEC: no font, script or image of another host in what we ship."""
    folder = THEME.parents[1]
    for path in [THEME, *folder.glob("assets/*"), *folder.rglob("*.py")]:
        text = path.read_text().replace("http://www.w3.org/2000/svg", "").replace("http://127.0.0.1", "")
        assert "http://" not in text, path
        assert "https://" not in text, path


def test_every_metric_names_a_query_that_exists() -> None:
    """A definition without its source is hearsay."""
    for metric in METRICS.values():
        page, _, name = metric.source.partition("/")
        assert question(page, name).startswith("-- ")
        assert metric.sentence.endswith(".")


def test_an_open_hour_is_dotted() -> None:
    """The reader never mistakes a part hour for a fall."""
    figure = charts.compared_lines(
        ["09", "10", "11"], {"Today": [1, 2, 0]}, {"Yesterday": [3, 3, 3]}, symbol="£", open_from=2
    )
    before, closed, still_open = figure.data
    assert (before.line.dash, closed.line.dash, still_open.line.dash) == ("dot", None, "dot")
    assert (list(closed.y), list(still_open.y)) == ([1, 2], [2, 0])


def test_an_open_day_is_hatched() -> None:
    """The same for bars."""
    figure = charts.bars_with_line(["20", "21"], {"Net": [1, 2]}, {}, symbol="£", open_last=True)
    assert list(figure.data[0].marker.pattern.shape) == ["", "/"]
