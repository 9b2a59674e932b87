"""Pulse: is the shop healthy this minute?"""

from datetime import datetime
from typing import Any

import pandas as pd
import streamlit as st

from dashboards import charts, choices, states, tiles
from dashboards.charts import AMBER, BLUE, GREEN, GREY, RED, SKY
from dashboards.current import core_parts, operator_scope
from dashboards.data import Answer, ask
from dashboards.frame import OLD_SECONDS, Freshness, freshness, freshness_line, header
from dashboards.layout import columns
from dashboards.money import count
from dashboards.periods import full_minutes, last_hour
from dashboards.sessions import OK
from dashboards.tables import height
from dashboards.tiles import Tile

LIVE_SECONDS = 2
MINUTES = 5
SILENT_SECONDS = 30
TOPIC_COLOURS = (BLUE, GREEN, "#000003", AMBER, SKY, GREY)

scope = operator_scope()
header("Pulse", "Is the shop healthy this minute?", scope)


@states.guarded
def numbers() -> None:
    """The tiles, and the last hour."""
    who = operator_scope()
    fresh = freshness(who)
    moment = fresh.asked_at
    if not fresh.answer.failure and (fresh.behind_seconds > SILENT_SECONDS or not fresh.complete):
        _silent(fresh)
    orders, recent = ask(who, "pulse", "orders", moment=moment), ask(who, "pulse", "recent", moment=moment)
    letters, delays = ask(who, "pulse", "letters", moment=moment), ask(who, "pulse", "delays", moment=moment)
    _health(fresh, recent)
    states.stale(fresh.answer, orders, recent, letters, delays)
    tiles.grid(_tiles(fresh, orders, recent, letters, delays), compared="vs before")
    freshness_line(fresh)
    left, right = st.columns(2, gap="small")
    with left, states.card("Orders a minute", "The last hour's full minutes, UTC"):
        _orders(orders)
    with right, states.card("From event to mart", "Milliseconds from the core's record to the row here, logarithmic"):
        _delays(delays, moment)
    with states.card("Events a minute", "Landed by topic, the five largest; the last hour's full minutes"):
        _events(delays, moment)


def _health(fresh: Freshness, recent: Answer) -> None:
    """One badge a part: those that the api asks, and those that these numbers came through."""
    late = not fresh.complete or fresh.behind_seconds > OLD_SECONDS
    log = f"late by {fresh.behind_seconds:,.0f} s: relay, Kafka or sink" if late else OK
    through = {
        "Log": "not known" if fresh.answer.failure else log,
        "ClickHouse": recent.failure.said if recent.failure else OK,
    }
    with st.container(horizontal=True, gap="small"):
        for part, state in {**core_parts(), **through}.items():
            well = state == OK
            st.badge(
                part if well else f"{part} {state}", icon=f":material/{'check_circle' if well else 'error'}:",
                color="green" if well else "red",
            )  # fmt: skip


def per_minute(events: int) -> str:
    """Of five minutes' events."""
    return f"{events / MINUTES:,.1f}" if events < 100 * MINUTES else count(events // MINUTES)


def _tiles(fresh: Freshness, orders: Answer, recent: Answer, letters: Answer, delays: Answer) -> list[Tile]:
    placed = [int(value) for value in orders.rows["created"]]
    full, before = placed[-MINUTES - 1 : -1], placed[-2 * MINUTES - 1 : -MINUTES - 1]
    row, kept = recent.one, letters.rows.reindex(columns=["letters_day", "letters_before"])
    minutes = delays.rows.reindex(columns=["minute", "events", "delay_p50_ms", "delay_p99_ms"]).groupby("minute")
    landed = minutes["events"].sum().reindex(last_hour(fresh.asked_at), fill_value=0)
    half, most = (list(minutes[name].max()) for name in ("delay_p50_ms", "delay_p99_ms"))
    return [
        Tile("orders_minute", sum(full), sum(before), placed, per_minute),
        Tile("events_minute", row.events, row.events_before, list(landed), per_minute),
        Tile("delay_half", _measured(row.half_ms, row.events), _measured(row.half_ms_before, row.events_before), half),
        Tile("delay_most", _measured(row.most_ms, row.events), _measured(row.most_ms_before, row.events_before), most),
        Tile("letters", int(kept["letters_day"].sum()), int(kept["letters_before"].sum())),
        Tile("mark_age", max(0, round(10 * fresh.behind_seconds)), write=lambda tenths: f"{tenths / 10:,.1f} s"),
    ]


def _measured(delay: Any, events: int) -> int | None:
    return int(delay) if events else None


def _silent(fresh: Freshness) -> None:
    text = (
        f"The oldest progress mark is {fresh.behind_seconds:,.0f} s old. Everything below may stand still: look at "
        "`atlantic status` (relay, kafka, sink)."
        if fresh.complete
        else "No progress mark has landed yet. Start the relay and the sink: `atlantic up`."
    )
    st.warning(text, title="These numbers are old", icon=":material/warning:")


def _orders(answer: Answer) -> None:
    rows = answer.rows.iloc[:-1]
    series = {"Placed": rows["created"], "Confirmed": rows["confirmed"], "Cancelled": rows["cancelled"]}
    figure = charts.lines(list(rows["minute"]), series, (BLUE, GREEN, RED))
    charts.draw(figure, "orders", "Orders placed, confirmed and cancelled by minute")


def _delays(answer: Answer, moment: datetime) -> None:
    if answer.rows.empty:
        states.none_match("Nothing has landed in the last hour.")
        return
    worst = answer.rows.groupby("minute")[["delay_p50_ms", "delay_p99_ms"]].max().reindex(full_minutes(moment))
    series = {"p99": worst["delay_p99_ms"], "Median": worst["delay_p50_ms"]}
    figure = charts.lines(list(worst.index), series, (AMBER, BLUE), log=True, markers=True)
    charts.draw(figure, "delays", "Delay from record to row by minute, of the slowest topic")


def _events(answer: Answer, moment: datetime) -> None:
    if answer.rows.empty:
        states.none_match("Nothing has landed in the last hour.")
        return
    wide = answer.rows.pivot_table(index="minute", columns="topic", values="events", aggfunc="sum", fill_value=0)
    wide = wide.reindex(full_minutes(moment), fill_value=0)
    largest = list(wide.sum().nlargest(charts.MOST_SERIES).index)
    series: dict[str, pd.Series] = {str(topic): wide[topic] for topic in largest}
    if len(wide.columns) > len(largest):
        series["Other"] = wide.drop(columns=largest).sum(axis=1)
    figure = charts.stacked_bars(list(wide.index), series, TOPIC_COLOURS)
    charts.draw(figure, "events", "Events landed by minute and topic")


@states.guarded
def tables() -> None:
    """Where each topic stands, and what could not be read."""
    who = operator_scope()
    moment = freshness(who).asked_at
    with states.card("Topics", "How far each part of the log has come; the furthest behind first"):
        _topics(ask(who, "pulse", "topics", moment=moment))
    with states.card("Noticed", "What the stream side told of in the last 24 hours"):
        _signals(ask(who, "pulse", "signals", moment=moment))
    with states.card("Dead letters", "Lines of the last 7 days that nobody could handle, not replayed yet"):
        _letters(ask(who, "pulse", "letters", moment=moment))


def _topics(answer: Answer) -> None:
    if answer.rows.empty:
        states.none_match("No progress mark has landed yet.")
        return
    st.dataframe(
        answer.rows, key="topics", hide_index=True, height=height(len(answer.rows), 9),
        alt="Topics and their progress marks",
        column_order=columns(
            "topic", "behind_seconds", "cut", "marked_at", "events_hour", "per_minute",
            phone=("topic", "behind_seconds", "events_hour", "per_minute"),
        ),
        column_config={
            "topic": "Topic", "behind_seconds": st.column_config.NumberColumn("Behind", format="%.1f s"),
            "cut": st.column_config.NumberColumn("Complete to", format="localized"),
            "marked_at": st.column_config.DatetimeColumn("Mark (UTC)", format="HH:mm:ss"),
            "events_hour": st.column_config.NumberColumn("Events, 1 h", format="localized"),
            "per_minute": st.column_config.AreaChartColumn("By minute", width="small"),
        },
    )  # fmt: skip


KINDS = {
    "order.stuck": "Order waits for a step",
    "cart.abandoned": "Cart left alone",
    "cart.recovered": "Cart taken up again",
    "price.doubted": "Price may be mistyped",
    "shipment.late": "Parcel is late",
    "stock.ran_low": "Stock is low",
    "stock.ran_out": "Sold out",
    "stock.came_back": "Back in stock",
}


def _signals(answer: Answer) -> None:
    if answer.rows.empty:
        states.none_match("Nothing in the last 24 hours.")
        return
    rows = answer.rows.assign(kind=[KINDS.get(kind, kind) for kind in answer.rows["kind"]])
    st.dataframe(
        rows, key="signals", hide_index=True, height=height(len(rows), 8), alt="Signals by kind",
        column_order=columns(
            "kind", "signals_hour", "signals_day", "last_at", "example", phone=("kind", "signals_hour", "signals_day")
        ),
        column_config={
            "kind": st.column_config.TextColumn("What", width="medium"), "signals_hour": "1 h", "signals_day": "24 h",
            "last_at": st.column_config.DatetimeColumn("Last (UTC)", format="D MMM HH:mm:ss"), "example": "About",
        },
    )  # fmt: skip


def _letters(answer: Answer) -> None:
    if answer.rows.empty:
        states.none_match(":material/check_circle: None. Every line of the log could be read and handled.")
        return
    rows = answer.rows.assign(
        example=[f"{row.topic}/{row.example[0]}/{row.example[1]}" for row in answer.rows.itertuples()]
    )
    st.dataframe(
        rows, key="letters", hide_index=True, height=height(len(rows), 7), alt="Dead letters by reason",
        column_order=columns("why", "topic", "letters", "last_at", "example", phone=("why", "letters", "topic")),
        column_config={
            "why": st.column_config.TextColumn("Reason", width="medium"), "topic": "Topic", "letters": "Lines",
            "last_at": st.column_config.DatetimeColumn("Last (UTC)", format="D MMM HH:mm:ss"), "example": "One of them",
        },
    )  # fmt: skip
    st.caption("Show and replay them: `atlantic deadletters list`, `atlantic deadletters replay`.")


@states.guarded
def page() -> None:
    """Whether it moves, then what moves."""
    with st.container(horizontal=True):
        moving = choices.live()
    st.fragment(numbers, run_every=LIVE_SECONDS if moving else None)()
    st.fragment(tables, run_every=5 * LIVE_SECONDS if moving else None)()


page()
