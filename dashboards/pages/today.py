"""Today: how is my shop doing right now, and what needs me?"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pandas as pd
import streamlit as st

from dashboards import charts, choices, states, tiles
from dashboards.current import seller_scope
from dashboards.data import Answer, Scope, ask
from dashboards.frame import Freshness, freshness, freshness_line, header
from dashboards.layout import beside, columns
from dashboards.money import average, for_axis, money, symbol
from dashboards.periods import Span, ending_at, midnight, words
from dashboards.tables import height
from dashboards.tiles import Tile

DAYS_BACK = {"Yesterday": 1, "Same day last week": 7, "Same day four weeks ago": 28}
BESIDE = {1: "vs yesterday", 7: "vs last week", 28: "vs 4 weeks ago"}
LIVE_SECONDS = 2

scope = seller_scope()
header("Today", "How is my shop doing right now, and what needs me?", scope)


def books(who: Scope, currency: str, span: Span) -> Answer:
    """The books of a span."""
    return ask(who, "frame", "period", currency=currency, start=span.start, end=span.end)


def clicks(who: Scope, currency: str, span: Span) -> Answer:
    """Views, carts and orders of a span, of the products that are sold in one currency."""
    return ask(who, "today", "funnel", currency=currency, start=span.start, end=span.end)


def per_hundred(row: Any) -> int | None:
    """Orders for each 100 views, in tenths."""
    return average(1000 * row.orders, row.views) if row.views else None


@states.guarded
def numbers(currency: str, back: int) -> None:
    """The tiles, their freshness, and the day's course."""
    who = seller_scope()
    fresh = freshness(who)
    today = ending_at(fresh.moment, "Today")
    whole = Span(today.start, midnight(fresh.moment.date() + timedelta(days=1)))
    before = today.back(back)
    now, then = books(who, currency, whole), books(who, currency, before)
    seen, seen_then = clicks(who, currency, whole), clicks(who, currency, before)
    hours = ask(who, "today", "hours", currency=currency, day=today.first_day)
    compared = words(before, today.first_day)
    states.stale(fresh.answer, now, then)
    tiles.grid(
        _tiles((now.one, then.one), (seen.one, seen_then.one), hours.rows[: fresh.moment.hour + 1], currency),
        currency,
        BESIDE[back],
    )
    freshness_line(fresh, compared)
    if now.one.gross == 0:
        _nothing_today(who, currency, fresh)
    left, right = beside((2, 1), filled=bool(seen.one.views or seen.one.carts))
    with left, states.card("Net sales by hour", f"UTC, against {compared.split(' to ')[0]}; the open hour is dotted"):
        _course(hours, ask(who, "today", "hours", currency=currency, day=before.first_day), currency, fresh, compared)
    with right, states.card("From view to order", "Today, counted product by product"):
        _funnel(seen.one)


def _tiles(books_of: tuple[Any, Any], clicks_of: tuple[Any, Any], course: pd.DataFrame, currency: str) -> list[Tile]:
    def amounts(minor: Iterable[int]) -> list[float]:
        return [float(for_axis(amount, currency)) for amount in minor]

    now, then = books_of
    rate, rate_then = map(per_hundred, clicks_of)
    paid, paid_then = now.gross - now.discount, then.gross - then.discount
    return [
        Tile("net", now.net, then.net, course=amounts(course["net"])),
        Tile("orders", now.orders, then.orders, course=list(course["orders"])),
        Tile(
            "average",
            average(paid, now.orders) if now.orders else None,
            average(paid_then, then.orders) or None,
            course=amounts(map(average, course["gross"], course["orders"])),
        ),
        Tile("units", now.units, then.units, course=list(course["units"])),
        Tile("refund", now.refund, then.refund, course=amounts(course["refund"])),
        Tile("conversion", rate, rate_then, write=lambda tenths: f"{tenths / 10:.1f}"),
    ]


def _nothing_today(who: Scope, currency: str, fresh: Freshness) -> None:
    last = ask(who, "frame", "last_sale", currency=currency).one.hour
    if last.year < 2000:
        states.never()
        return
    days = (fresh.moment.date() - last.date()).days
    states.none_in_period(f"{days} days ago, {last:%A %-d %B}" if days > 1 else f"yesterday, {last:%A %-d %B}", days)


def _course(hours: Answer, other: Answer, currency: str, fresh: Freshness, compared: str) -> None:
    until = fresh.moment.hour + 1
    figure = charts.compared_lines(
        list(hours.rows["hour"].dt.strftime("%H:00")),
        {"Today": list(for_axis(hours.rows["net"], currency))[:until]},
        {compared.split(" to ", maxsplit=1)[0].capitalize(): list(for_axis(other.rows["net"], currency))},
        symbol=symbol(currency),
        open_from=fresh.moment.hour,
    )
    figure.update_xaxes(dtick=3, tickangle=0)
    charts.draw(figure, "course", "Net sales by hour, today and the compared day")


def _funnel(seen: Any) -> None:
    if not seen.views and not seen.carts:
        states.none_match("Nobody has looked at your products today yet.")
        return
    figure = charts.funnel(["Viewed", "Into a cart", "Ordered"], [seen.views, seen.carts, seen.orders])
    charts.draw(figure, "funnel", "Views, additions to carts and orders today")


@states.guarded
def latest(currency: str) -> None:
    """The newest orders, and what runs out."""
    who = seller_scope()
    fresh = freshness(who)
    orders, low = ask(who, "today", "orders", currency=currency), ask(who, "today", "low_stock", moment=fresh.moment)
    left, right = beside((1, 1), filled=not (orders.rows.empty or low.rows.empty))
    with left, states.card("Latest paid orders"):
        _orders(orders, currency)
    with right, states.card("Needs you", "At or below your low-stock threshold, best sellers first"):
        _low_stock(low)


def _orders(answer: Answer, currency: str) -> None:
    if answer.rows.empty:
        states.none_match("No paid orders yet.")
        return
    rows = answer.rows.assign(
        paid=[money(minor, currency) for minor in answer.rows["paid_minor"]],
        state=[[state] for state in answer.rows["state"]],
    )
    st.dataframe(
        rows, key="orders", hide_index=True, height=height(len(rows), 9), alt="Latest paid orders",
        column_order=columns("paid_at", "order_number", "paid", "state", phone=("paid_at", "paid", "state")),
        column_config={
            "paid_at": st.column_config.DatetimeColumn("Paid (UTC)", format="D MMM HH:mm"),
            "order_number": "Order",
            "paid": st.column_config.TextColumn("Your part", alignment="right"),
            "state": st.column_config.MultiselectColumn(
                "State", options=["Paid", "Partly refunded", "Refunded"], color=["green", "orange", "red"]
            ),
        },
    )  # fmt: skip


def _low_stock(answer: Answer) -> None:
    if answer.rows.empty:
        states.none_match(":material/check_circle: Nothing runs out: all products are above your threshold.")
        return
    rows = answer.rows.assign(state=[[state] for state in answer.rows["state"]])
    st.dataframe(
        rows, key="stock", hide_index=True, height=height(len(rows), 8), alt="Products that run out",
        column_order=columns("title", "available", "sold_28_days", "state", phone=("title", "available", "state")),
        column_config={
            "title": st.column_config.TextColumn("Product", width=140),
            "available": st.column_config.NumberColumn("Available", format="localized"),
            "sold_28_days": st.column_config.NumberColumn("Sold, 28 d", format="localized"),
            "state": st.column_config.MultiselectColumn(
                "State", options=["Low", "Out of stock"], color=["orange", "red"]
            ),
        },
    )  # fmt: skip


@states.guarded
def page() -> None:
    """The filters, then what moves by itself."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        currency = choices.currency(scope)
        against = choices.comparison(tuple(DAYS_BACK))
        moving = choices.live()
    if currency is None:
        states.never()
        return
    every = LIVE_SECONDS if moving else None
    st.fragment(numbers, run_every=every)(currency, DAYS_BACK[against])
    st.fragment(latest, run_every=every and 5 * every)(currency)


page()
