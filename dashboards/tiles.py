"""Tiles: a number, what it is, how it moved against the compared period, and its course."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from dashboards.metrics import METRICS, Metric
from dashboards.money import NOTHING, change, count, money

LEAST_WIDTH = 150


@dataclass(frozen=True)
class Tile:
    """One tile. Amounts in minor units; None where there is nothing to show or to compare with."""

    metric: str
    now: int | None
    before: int | None = None
    shown: str = ""
    """How the value is written, when its unit does not say it."""
    course: Sequence[float] | None = None


def grid(tiles: Sequence[Tile], currency: str = "", compared: str = "") -> None:
    """Tiles of one height that wrap on narrow screens; `compared` is what stands beside each change."""
    with st.grid(len(tiles), min_column_width=LEAST_WIDTH, gap="small"):
        for tile in tiles:
            _draw(tile, METRICS[tile.metric], currency, compared)


def _draw(tile: Tile, metric: Metric, currency: str, compared: str) -> None:
    moved = None if tile.now is None or tile.before is None else change(tile.now, tile.before)
    words = compared if moved is not None and compared else None
    st.metric(
        metric.name, _written(tile, metric, currency), moved, _good(metric), delta_description=words, border=True,
        height="stretch", help=metric.help, chart_data=tile.course, chart_type="area",
    )  # fmt: skip


def _written(tile: Tile, metric: Metric, currency: str) -> str:
    if tile.shown:
        return tile.shown
    if tile.now is None:
        return NOTHING
    return money(tile.now, currency) if metric.unit == "money" else count(tile.now)


def _good(metric: Metric) -> Any:
    kinds: dict[str, Literal["normal", "inverse", "off"]] = {"up": "normal", "down": "inverse", "neither": "off"}
    return kinds[metric.good]
