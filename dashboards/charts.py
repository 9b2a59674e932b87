"""Every chart of the pages, one function a kind: tidy columns in, a figure out; the theme gives fonts and colours.

Streamlit replaces these placeholder colours by the theme's ten (`chartCategoricalColors`), in light and dark.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import plotly.graph_objects as go
import streamlit as st

BLUE, GREEN, RED, AMBER, SKY, GREY = "#000001", "#000002", "#000004", "#000005", "#000006", "#000007"
HEIGHT = 300
DAY, MINUTE = {"tickformat": "%-d %b", "hoverformat": "%a %-d %b %Y"}, {"tickformat": "%H:%M", "hoverformat": "%H:%M"}
HALF_A_MINUTE = timedelta(seconds=30)
MOST_SERIES, MILLION = 5, 1_000_000
CONFIG = {"displayModeBar": False, "responsive": True}

Column = Sequence[Any]


def draw(figure: go.Figure, key: str, alt: str) -> None:
    """Show a figure; `alt` is for those who cannot see.

    Streamlit (1.67) draws a new chart whenever the figure changes, and what was hidden in the legend comes back: so a
    figure changes only when there is something new to see.
    """
    st.plotly_chart(figure, key=key, config=CONFIG, alt=alt)


def compared_lines(
    x: Column, now: Mapping[str, Column], before: Mapping[str, Column], *, symbol: str, open_from: int | None
) -> go.Figure:
    """A line of this period, solid and dotted from the index `open_from` on, over a thin dotted grey one of the other.

    `now` and `before` hold one named column each (`before` may be empty).
    """
    figure = go.Figure()
    for name, values in before.items():
        figure.add_scatter(x=x, y=values, name=name, mode="lines", line={"color": GREY, "width": 1.5, "dash": "dot"})
    for name, values in now.items():
        done = len(values) if open_from is None else open_from
        figure.add_scatter(
            x=x[:done], y=values[:done], name=name, mode="lines", line={"color": BLUE, "width": 2.5},
            fill="tozeroy", fillcolor="rgba(59,130,246,0.10)",
        )  # fmt: skip
        if done < len(values):
            figure.add_scatter(
                x=x[max(done - 1, 0) :], y=values[max(done - 1, 0) :], name=f"{name}, still open", mode="lines+markers",
                line={"color": BLUE, "width": 2, "dash": "dot"}, marker={"size": 5}, showlegend=False,
            )  # fmt: skip
    return _money(_finished(figure), symbol)


def bars_with_line(
    x: Column, bars: Mapping[str, Column], line: Mapping[str, Column], *, symbol: str, open_last: bool
) -> go.Figure:
    """Bars by day, the last one hatched while it is open, under a thin dotted grey line of the compared period."""
    figure = go.Figure()
    for name, values in bars.items():
        shapes = [""] * (len(values) - 1) + ["/" if open_last else ""]
        figure.add_bar(x=x, y=values, name=name, marker={"color": BLUE, "pattern": {"shape": shapes, "size": 5}})
    for name, values in line.items():
        figure.add_scatter(x=x, y=values, name=name, mode="lines", line={"color": GREY, "width": 1.5, "dash": "dot"})
    figure.update_layout(bargap=0.25, xaxis=DAY)
    return _money(_finished(figure), symbol)


def stacked_bars(x: Column, series: Mapping[str, Column], colours: Sequence[str]) -> go.Figure:
    """Counts by minute as bars on top of each other, one colour a series."""
    figure = go.Figure()
    for (name, values), colour in zip(series.items(), colours, strict=False):
        figure.add_bar(x=x, y=values, name=name, marker={"color": colour})
    figure.update_layout(barmode="stack", bargap=0.2, legend={"traceorder": "normal"})
    return _minutes(_finished(figure), x)


def lines(
    x: Column,
    series: Mapping[str, Column],
    colours: Sequence[str],
    *,
    log: bool = False,
    markers: bool = False,
) -> go.Figure:
    """Lines by minute; gaps where nothing was measured, so single measures need markers."""
    figure = go.Figure()
    for (name, values), colour in zip(series.items(), colours, strict=False):
        figure.add_scatter(
            x=x,
            y=values,
            name=name,
            mode="lines+markers" if markers else "lines",
            line={"color": colour, "width": 2},
            marker={"size": 5},
            connectgaps=False,
        )
    if log:
        figure.update_yaxes(type="log", dtick="D2")
    return _minutes(_finished(figure), x)


def bridge(names: Sequence[str], amounts: Sequence[float], *, symbol: str) -> go.Figure:
    """A waterfall from the first amount over the changes to the total that they leave."""
    measures = ["absolute", *["relative"] * (len(names) - 2), "total"]
    figure = go.Figure()
    figure.add_waterfall(
        x=names, y=amounts, measure=measures, textposition="outside", cliponaxis=False, constraintext="none",
        increasing={"marker": {"color": GREEN}}, decreasing={"marker": {"color": RED}},
        totals={"marker": {"color": BLUE}}, connector={"line": {"color": GREY, "width": 1, "dash": "dot"}},
        text=[f"{'-' if amount < 0 else ''}{symbol}{_short(abs(amount))}" for amount in amounts], showlegend=False,
    )  # fmt: skip
    return _money(_finished(figure, hover="closest"), symbol)


def heatmap(
    x: Sequence[Any], y: Sequence[Any], z: Sequence[Sequence[Any]], *, hover: str, symbol: str = "", unit: str = ""
) -> go.Figure:
    """Cells coloured by value; None stays empty. `hover` is the text of a cell with %{x}, %{y} and %{z}."""
    figure = go.Figure()
    most = max((value for row in z for value in row if value), default=1)
    figure.add_heatmap(
        x=x,
        y=y,
        z=z,
        xgap=2,
        ygap=2,
        zmin=0,
        zmax=most,
        hovertemplate=f"{hover}<extra></extra>",
        colorbar={
            "thickness": 10,
            "nticks": 4,
            "outlinewidth": 0,
            "tickformat": ",.0f" if most < MILLION else ".3~s",
            "tickprefix": symbol,
            "ticksuffix": unit,
        },
    )
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_xaxes(showgrid=False, ticks="", **(MINUTE if unit else {}))
    return _finished(figure, hover="closest")


def funnel(steps: Sequence[str], counts: Sequence[int]) -> go.Figure:
    """How many are left after each step; the numbers stand beside the bars, readable on any colour."""
    figure = go.Figure()
    first = counts[0] if counts else 0
    figure.add_funnel(
        y=[f"{step}<br><b>{number:,}</b>{_of(number, first)}" for step, number in zip(steps, counts, strict=True)],
        x=counts,
        textinfo="none",
        hoverinfo="skip",
        marker={"color": BLUE},
        connector={"fillcolor": "rgba(59,130,246,0.10)"},
    )
    return _finished(figure, hover="closest")


def _of(number: int, first: int) -> str:
    return f" · {number / first:.1%}" if first and number != first else ""


def _money(figure: go.Figure, symbol: str) -> go.Figure:
    """Amounts upwards: whole units at the axis, millions shortened, minor units under the pointer."""
    most = max((abs(value) for trace in figure.data for value in trace.y if value), default=0)
    axis = ",.0f" if most < MILLION else ".3~s"
    return figure.update_yaxes(tickformat=axis, hoverformat=",.2f", tickprefix=symbol)


def _short(amount: float) -> str:
    """Of at most seven characters, to stand over a bar; the whole number is in its tile."""
    return f"{amount:,.0f}" if amount < MILLION else f"{amount / MILLION:,.1f}M"


def _minutes(figure: go.Figure, x: Column) -> go.Figure:
    """The whole of the time, also where nothing was measured."""
    around = [x[0] - HALF_A_MINUTE, x[-1] + HALF_A_MINUTE] if len(x) else None
    return figure.update_xaxes(range=around, **MINUTE)


def _finished(figure: go.Figure, hover: str = "x unified") -> go.Figure:
    figure.update_layout(
        height=HEIGHT, margin={"l": 0, "r": 0, "t": 28, "b": 0}, hovermode=hover,
        legend={"orientation": "h", "y": 1.14, "x": 0, "title": None}, xaxis={"title": None, "automargin": True},
    )  # fmt: skip
    figure.update_yaxes(
        title=None, automargin=True, tickformat=",.0f", rangemode="tozero" if hover != "closest" else "normal"
    )
    if hover == "x unified" and not any(value for trace in figure.data for value in trace.y):
        figure.update_yaxes(range=[0, 1], tickvals=[0])
    return figure
