"""Sales: how much did I earn, and what moved it?"""

from datetime import date
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from dashboards import charts, choices, states, tiles
from dashboards.current import seller_scope
from dashboards.data import Answer, Scope, ask, export
from dashboards.frame import Freshness, freshness, freshness_line, header
from dashboards.layout import columns
from dashboards.money import count, for_axis, major, money, share, symbol
from dashboards.periods import Span, beside, compared_with, ending_at, words
from dashboards.tables import height
from dashboards.tiles import Tile

LIVE_SECONDS = 10
PARTS = ("gross", "discount", "refund", "tax", "net", "shipping")
NAMES = {
    "gross": "Gross",
    "discount": "Discounts",
    "refund": "Refunds",
    "tax": "Tax",
    "net": "Net",
    "shipping": "Shipping",
}
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

scope = seller_scope()
header("Sales", "How much did I earn, and what moved it?", scope)


def books(who: Scope, currency: str, span: Span) -> Any:
    """The books of a span, one row."""
    return ask(who, "frame", "period", currency=currency, start=span.start, end=span.end).one


@states.guarded
def numbers(currency: str, period: str, comparison: str) -> None:
    """The tiles, the course by day, the bridge and the table: one set of numbers, seen four ways."""
    who, fresh = seller_scope(), freshness(seller_scope())
    span = ending_at(fresh.moment, period)
    other = compared_with(span, comparison)
    now, then = books(who, currency, span), books(who, currency, other) if other else None
    days = ask(who, "sales", "days", currency=currency, first=span.first_day, last=span.last_day)
    states.stale(fresh.answer, days)
    tiles.grid(_tiles(now, then, days, currency), currency, beside(comparison, period))
    freshness_line(fresh, words(other, span.last_day) if other else "")
    if not now.gross and not now.refund:
        _nothing(who, currency, fresh)
        return
    left, right = st.columns([2, 1], gap="small")
    with left, states.card("Net sales by day", "Bars: this period, today still open. Dotted: the compared days"):
        _course(who, currency, days, other)
    with right, states.card("From gross to net"):
        _bridge(now, currency)
    with states.card(
        "Day by day", "The first row is the sum of the days, and equals the tiles; what was never charged has no column"
    ):
        _table(days.rows, now, currency)


def _tiles(now: Any, then: Any, days: Answer, currency: str) -> list[Tile]:
    def tile(name: str) -> Tile:
        course = [float(value) for value in for_axis(days.rows[name], currency)]
        return Tile(name, getattr(now, name), getattr(then, name) if then else None, course=course)

    return [tile(name) for name in ("net", "gross", "discount", "refund", "tax", "shipping")]


def _nothing(who: Scope, currency: str, fresh: Freshness) -> None:
    last = ask(who, "frame", "last_sale", currency=currency).one.hour
    if last.year < 2000:
        states.never()
    else:
        states.none_in_period(f"{last:%A %-d %B}", (fresh.moment.date() - last.date()).days)


def _course(who: Scope, currency: str, days: Answer, other: Span | None) -> None:
    dotted = {}
    if other:
        before = ask(who, "sales", "days", currency=currency, first=other.first_day, last=other.last_day)
        dotted = {f"{other.first_day:%-d %b} to {other.last_day:%-d %b}": list(for_axis(before.rows["net"], currency))}
    figure = charts.bars_with_line(
        list(days.rows["day"]), {"Net sales": list(for_axis(days.rows["net"], currency))}, dotted,
        symbol=symbol(currency), open_last=True,
    )  # fmt: skip
    charts.draw(figure, "days", "Net sales by day, and the compared days")


def _bridge(now: Any, currency: str) -> None:
    signs = {"gross": 1, "discount": -1, "refund": -1, "tax": -1, "net": 1}
    shown = [name for name in signs if name in {"gross", "net"} or getattr(now, name)]
    amounts = [float(major(signs[name] * getattr(now, name), currency)) for name in shown]
    figure = charts.bridge([NAMES[name] for name in shown], amounts, symbol=symbol(currency))
    charts.draw(figure, "bridge", "From gross sales over discounts, refunds and tax to net")
    st.caption(
        f"Refunds are {share(now.refund, now.gross)} of gross; "
        f"{count(now.returned)} of {count(now.units)} units came back."
    )


def _table(rows: pd.DataFrame, now: Any, currency: str) -> None:
    moved = rows[(rows[list(PARTS)] != 0).any(axis=1)].iloc[::-1]
    written = [
        {"Day": f"{row.day:%a %-d %b %Y}", **{NAMES[part]: money(getattr(row, part), currency) for part in PARTS},
         "Orders": count(row.orders), "Units": count(row.units)}
        for row in moved.itertuples(index=False)
    ]  # fmt: skip
    empty = [NAMES[part] for part in PARTS if part not in {"gross", "net"} and not rows[part].any()]
    total = {"Day": "Total", **{NAMES[part]: money(int(rows[part].sum()), currency) for part in PARTS}}
    written.insert(0, {**total, "Orders": count(now.orders), "Units": count(int(rows["units"].sum()))})
    right = {name: st.column_config.TextColumn(alignment="right") for name in (*NAMES.values(), "Orders", "Units")}
    st.dataframe(
        pd.DataFrame(written),
        key="table",
        hide_index=True,
        column_order=columns(*(name for name in written[0] if name not in empty), phone=("Day", "Net", "Orders")),
        column_config=right,
        height=height(len(written), 11),
        alt="The books by day",
    )


@states.guarded
def details(currency: str, period: str) -> None:
    """What sold, when it sold, and the events behind a day."""
    who, fresh = seller_scope(), freshness(seller_scope())
    span = ending_at(fresh.moment, period)
    left, right = st.columns([3, 2], gap="small")
    with left, states.card("Products", "By net, of the 200 that earned most; the line is net by day"):
        _products(ask(who, "sales", "products", currency=currency, start=span.start, end=span.end), currency)
    with right, states.card("When people buy", "Gross sales by weekday and hour, UTC"):
        _weekhours(ask(who, "sales", "weekhours", currency=currency, start=span.start, end=span.end), currency)
    with states.card("Where a number comes from", "The journal lines behind a day's net, with their place in the log"):
        _events(who, currency, span)
    _export(who, currency, span, fresh)


def _products(answer: Answer, currency: str) -> None:
    if answer.rows.empty:
        states.none_match("Nothing was sold in this period.")
        return
    rows = answer.rows.assign(
        net=[money(minor, currency) for minor in answer.rows["net"]],
        days=[[float(for_axis(minor, currency)) for minor in days] for days in answer.rows["days"]],
    )
    st.dataframe(
        rows, key="products", hide_index=True, height=height(len(rows), 8), alt="Products by net sales",
        column_order=columns("title", "net", "units", "returned", "days", phone=("title", "net", "units")),
        column_config={
            "title": st.column_config.TextColumn("Product", width="medium"),
            "net": st.column_config.TextColumn("Net", alignment="right"),
            "units": st.column_config.NumberColumn("Units", format="localized"),
            "returned": st.column_config.NumberColumn("Returned", format="localized"),
            "days": st.column_config.AreaChartColumn("Trend", width="small"),
        },
    )  # fmt: skip


def _weekhours(answer: Answer, currency: str) -> None:
    if answer.rows.empty:
        states.none_match("Nothing was sold in this period.")
        return
    amounts = answer.rows.pivot_table(index="weekday", columns="hour_of_day", values="gross", aggfunc="sum")
    grid = for_axis(amounts.reindex(index=range(1, 8), columns=range(24)), currency)
    cells = [[None if pd.isna(value) else float(value) for value in row] for row in grid.to_numpy()]
    figure = charts.heatmap(
        [f"{hour:02d}:00" for hour in range(24)], list(WEEKDAYS), cells, symbol=symbol(currency),
        hover="%{y} %{x}, " + symbol(currency) + "%{z:,.0f}",
    )  # fmt: skip
    figure.update_xaxes(type="category", tickmode="linear", dtick=6, tickangle=0)
    charts.draw(figure, "weekhours", "Gross sales by weekday and hour")


def _events(who: Scope, currency: str, span: Span) -> None:
    last = ask(who, "frame", "last_sale", currency=currency).one.hour.date()
    usual = last if span.first_day <= last <= span.last_day else span.last_day
    day: date = st.date_input(
        "Day (UTC)",
        value=usual,
        max_value=span.last_day,
        key="day",
        bind="query-params",
        width=200,
        format="YYYY-MM-DD",
    )
    answer = ask(who, "sales", "events", currency=currency, day=day)
    if answer.rows.empty:
        states.none_match(f"No entries on {day:%-d %B %Y}.")
        return
    total = int(answer.rows["to_net"].sum())
    st.caption(f"{count(len(answer.rows))} lines come to **{money(total, currency)}**, the net of {day:%-d %B %Y}.")
    rows = answer.rows.assign(
        to_net=[money(minor, currency) for minor in answer.rows["to_net"]],
        place=[f"{row.topic}/{row.partition}/{row.offset}:{row.line_no}" for row in answer.rows.itertuples()],
        order_id=answer.rows["order_id"].astype(str),
        event_id=answer.rows["event_id"].astype(str),
    )
    st.dataframe(
        rows, key="events", hide_index=True, height=height(len(rows), 7), alt="Journal lines behind the day's net",
        column_order=columns(
            "occurred_at", "kind", "account", "to_net", "order_id", "place", "event_id",
            phone=("occurred_at", "account", "to_net", "place"),
        ),
        column_config={
            "occurred_at": st.column_config.DatetimeColumn("Time (UTC)", format="HH:mm:ss"), "kind": "Entry",
            "account": "Account", "to_net": st.column_config.TextColumn("To net", alignment="right"),
            "order_id": st.column_config.TextColumn("Order", width=200), "place": "Place in the log",
            "event_id": st.column_config.TextColumn("Event", width=200),
        },
    )  # fmt: skip


def _csv(who: Scope, currency: str, span: Span, cut: int) -> bytes:
    rows = export(who, "sales", "export_days", currency=currency, first=span.first_day, last=span.last_day)
    return f"# complete to transaction {cut}; amounts in minor units\n".encode() + rows


def _export(who: Scope, currency: str, span: Span, fresh: Freshness) -> None:
    st.download_button(
        "Export days (CSV)", partial(_csv, who, currency, span, fresh.cut),
        f"sales-{span.first_day}-{span.last_day}-{currency}.csv", "text/csv", key="export", icon=":material/download:",
        on_click="ignore", help="One row a day, minor units, of the period and currency chosen above",
    )  # fmt: skip


@states.guarded
def page() -> None:
    """The filters, then what they choose."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        currency = choices.currency(scope)
        period = choices.period()
        comparison = choices.comparison()
    if currency is None:
        states.never()
        return
    st.fragment(numbers, run_every=LIVE_SECONDS)(currency, period, comparison)
    st.fragment(details, run_every=6 * LIVE_SECONDS)(currency, period)


page()
