"""Tiles: a number, what it is, how it moved against the compared period, and its course."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from dashboards.layout import TILE_PIXELS, pairs
from dashboards.metrics import METRICS, Metric
from dashboards.money import NOTHING, change, count, money

FLAT, NEW = "0 %", "new"


@dataclass(frozen=True)
class Tile:
    """One tile. Amounts in minor units; None where there is nothing to show or to compare with.

    `write` says how the value is written, when its unit does not.
    """

    metric: str
    now: int | None
    before: int | None = None
    course: Sequence[float] | None = None
    write: Callable[[int], str] | None = None


def grid(tiles: Sequence[Tile], currency: str = "", compared: str = "") -> None:
    """Tiles of one height, in rows of the same number; `compared` is what stands beside each change."""
    for place, tile in zip(pairs(len(tiles)), tiles, strict=False):
        with place:
            _draw(tile, METRICS[tile.metric], currency, compared)


def _draw(tile: Tile, metric: Metric, currency: str, compared: str) -> None:
    shown, before = (_written(value, tile, metric, currency) for value in (tile.now, tile.before))
    moved = _moved(tile, shown) if compared else None
    still = moved in {NOTHING, FLAT}
    st.metric(
        metric.name, shown, moved, "off" if still else _good(metric), delta_description=compared or None,
        delta_arrow="off" if still else "auto", border=True, height=TILE_PIXELS, chart_data=tile.course,
        chart_type="area", help=f"{metric.help}\n\nBefore: {before}" if compared else metric.help,
    )  # fmt: skip


def _moved(tile: Tile, shown: str) -> str:
    """The change in per cent; what was nothing before is new."""
    if tile.now is None or tile.before is None:
        return NOTHING
    if tile.now == tile.before:
        return FLAT
    return str(change(tile.now, tile.before) or (shown if tile.now < 0 else NEW))


def _written(value: int | None, tile: Tile, metric: Metric, currency: str) -> str:
    if value is None:
        return NOTHING
    if tile.write:
        return tile.write(value)
    return {"money": lambda: money(value, currency), "ms": lambda: f"{count(value)} ms"}.get(
        metric.unit, lambda: count(value)
    )()


def _good(metric: Metric) -> Any:
    kinds: dict[str, Literal["normal", "inverse", "off"]] = {"up": "normal", "down": "inverse", "neither": "off"}
    return kinds[metric.good]
