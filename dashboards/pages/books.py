"""Books: how right and how old are the numbers?"""

from datetime import datetime
from typing import Any

import pandas as pd
import streamlit as st

from dashboards import charts, states
from dashboards.current import operator_scope
from dashboards.data import Answer, ask
from dashboards.frame import freshness, freshness_line, header
from dashboards.layout import TILE_PIXELS, columns, pairs
from dashboards.money import count, money
from dashboards.periods import full_minutes
from dashboards.tables import height

LIVE_SECONDS = 5
VERDICTS = {"equal": "Equal", "different": "Different", "could_not_compare": "Not compared"}
COLOURS = ["green", "red", "orange"]

scope = operator_scope()
header("Books", "How right are the numbers, and how old?", scope)


@states.guarded
def verdict() -> None:
    """The sentence, its tiles, and the cells that differ."""
    who = operator_scope()
    latest, history = ask(who, "frame", "verdict"), ask(who, "books", "history")
    states.stale(latest, history)
    if latest.rows.empty:
        st.info(
            "The audit has not run yet. Start it with `atlantic up`, or look once with `atlantic reconcile`.",
            title="Not compared yet",
            icon=":material/hourglass_empty:",
        )
        return
    row = latest.one
    _sentence(row)
    _tiles(row, history)
    freshness_line(freshness(who))
    if row.verdict == "different":
        with states.card(
            "Cells that differ", "The core's ledger, what landed, the mart; the measure names the side that is wrong"
        ):
            _differences(ask(who, "books", "differences"))


def _sentence(row: Any) -> None:
    where = f"at transaction {count(row.complete_to)}, {float(row.age_seconds):.0f} s ago"
    if row.verdict == "equal":
        st.success(
            f"All {count(row.cells)} cells of the core's ledger, of what landed and of the marts are equal to the cent "
            f"{where}.",
            title="The numbers are the books", icon=":material/verified:",
        )  # fmt: skip
    elif row.verdict == "different":
        st.error(
            f"{count(row.differing)} of {count(row.cells)} cells differ {where}. They are listed below.",
            title="The books differ",
            icon=":material/error:",
        )
    else:
        st.warning(
            f"{row.reason} Look at `atlantic status`; the audit tries again by itself.",
            title="The audit could not compare",
            icon=":material/help:",
        )


def _tiles(row: Any, history: Answer) -> None:
    runs = history.rows.iloc[::-1]
    shown: tuple[tuple[str, str, str, list[float]], ...] = (
        (
            "Cells compared",
            count(row.cells),
            "Seller x currency x account x day, and each mart's own cells.",
            list(runs["cells"]),
        ),
        (
            "Cells that differ",
            count(row.differing),
            "Cells in which two sides do not say the same.",
            list(runs["differing"]),
        ),
        ("Age", f"{float(row.age_seconds):.0f} s", "Time since that run.", []),
        (
            "Took",
            f"{float(row.seconds):.2f} s",
            "How long that run compared; it rests 20 times as long.",
            list(runs["seconds"]),
        ),
    )
    for place, (name, value, sentence, course) in zip(pairs(len(shown)), shown, strict=False):
        with place:
            moved = _since_last(course)
            st.metric(
                name, value, moved, "off", delta_arrow="off" if moved == "0" else "auto",
                delta_description="vs last run" if len(course) > 1 else None,
                help=sentence, border=True, height=TILE_PIXELS, chart_data=course or None, chart_type="area",
            )  # fmt: skip


def _since_last(course: list[float]) -> str | None:
    if len(course) < 2:
        return None
    moved = course[-1] - course[-2]
    if not moved:
        return "0"
    return f"{moved:+,.0f}" if isinstance(moved, int) or moved == int(moved) else f"{moved:+,.2f}"


def _differences(answer: Answer) -> None:
    def written(column: str) -> list[str]:
        return [
            "–" if pd.isna(value) else (money(value, row.currency) if row.measure.endswith("_minor") else count(value))  # noqa: RUF001
            for value, row in zip(answer.rows[column], answer.rows.itertuples(), strict=True)
        ]

    amounts = ("core_minor", "landing_minor", "mart_minor", "difference")
    rows = answer.rows.assign(**{column: written(column) for column in amounts})
    right = {
        column: st.column_config.TextColumn(name, alignment="right")
        for column, name in zip(amounts, ("Core", "Landed", "Mart", "Difference"), strict=True)
    }
    st.dataframe(
        rows, key="differences", hide_index=True, alt="Cells that differ",
        column_order=columns(
            "seller", "currency", "account", "day", "measure", *amounts, phone=("account", "day", "difference")
        ),
        column_config={
            "seller": "Seller", "currency": "Currency", "account": "Account", "measure": "Side and measure",
            "day": st.column_config.DateColumn("Day", format="D MMM YYYY"), **right,
        },
    )  # fmt: skip


@states.guarded
def background() -> None:
    """The trial balance, how old the marts were over the last hour, and the audit's own history."""
    who = operator_scope()
    moment = freshness(who).asked_at
    trial, history = ask(who, "books", "trial_balance"), ask(who, "books", "history")
    delays, sellers = ask(who, "pulse", "delays", moment=moment), ask(who, "books", "sellers", moment=moment)
    left, right = st.columns([4, 3], gap="small")
    with left, states.card("Trial balance", "All accounts, all days; in every currency debits equal credits"):
        _trial_balance(trial)
    with right, states.card("Runs of the audit"):
        _history(history)
    with states.card(
        "Age of the numbers", "99 of 100 events landed within so many milliseconds: topic by minute, the last hour"
    ):
        _ages(delays, moment)
    with states.card("Sellers", "The last 28 days, as each seller sees them"):
        _sellers(sellers)


def _trial_balance(answer: Answer) -> None:
    if answer.rows.empty:
        states.none_match("No journal entry has landed yet.")
        return
    written = []
    for currency, rows in answer.rows.groupby("currency"):
        totals = {
            "account": f"Total {currency}",
            **{side: int(rows[side].sum()) for side in ("debit", "credit", "balance")},
        }
        for row in [*rows.to_dict("records"), totals]:
            amounts = {side.capitalize(): money(row[side], str(currency)) for side in ("debit", "credit", "balance")}
            written.append({"Account": _titled(row["account"]), **amounts})
    right = {name: st.column_config.TextColumn(alignment="right") for name in ("Debit", "Credit", "Balance")}
    st.dataframe(
        pd.DataFrame(written),
        key="trial",
        hide_index=True,
        height=height(len(written), 12),
        column_order=columns("Account", "Debit", "Credit", "Balance", phone=("Account", "Balance")),
        column_config=right,
        alt="Trial balance by currency",
    )


def _titled(account: str) -> str:
    return account[:1].upper() + account[1:].replace("_", " ")


def _history(answer: Answer) -> None:
    rows = answer.rows.assign(verdict=[[VERDICTS[verdict]] for verdict in answer.rows["verdict"]])
    st.dataframe(
        rows, key="history", hide_index=True, height=height(len(rows), 12), alt="Runs of the audit, newest first",
        column_order=("at", "verdict", "complete_to", "differing", "seconds"),
        column_config={
            "at": st.column_config.DatetimeColumn("At (UTC)", format="HH:mm:ss"),
            "verdict": st.column_config.MultiselectColumn("Verdict", options=list(VERDICTS.values()), color=COLOURS),
            "complete_to": st.column_config.NumberColumn("Up to", format="localized"), "differing": "Differ",
            "seconds": st.column_config.NumberColumn("Took", format="%.2f s"),
        },
    )  # fmt: skip


def _ages(answer: Answer, moment: datetime) -> None:
    if answer.rows.empty:
        states.none_match("Nothing has landed in the last hour.")
        return
    wide = answer.rows.pivot_table(index="topic", columns="minute", values="delay_p99_ms", aggfunc="max")
    wide = wide.reindex(columns=full_minutes(moment))
    cells = [[None if pd.isna(value) else float(value) for value in row] for row in wide.to_numpy()]
    figure = charts.heatmap(
        list(wide.columns), list(wide.index), cells, unit=" ms", hover="%{y} at %{x|%H:%M}: %{z:,.0f} ms"
    )
    charts.draw(figure, "ages", "Delay by topic and minute")


def _sellers(answer: Answer) -> None:
    if answer.rows.empty:
        states.none_match("Nobody has sold anything in the last 28 days.")
        return
    amounts = ("gross", "refund", "net", "commission")
    codes = answer.rows["currency"]
    rows = answer.rows.assign(**{name: list(map(money, answer.rows[name], codes)) for name in amounts})
    right = {
        name: st.column_config.TextColumn(title, alignment="right")
        for name, title in zip(amounts, ("Gross", "Refunds", "Net", "Commission"), strict=True)
    }
    st.dataframe(
        rows, key="sellers", hide_index=True, height=height(len(rows), 20), alt="The books of all sellers",
        column_order=columns("seller", "shop", "currency", *amounts, "orders", phone=("shop", "net", "orders")),
        column_config={"seller": "Seller", "shop": "Shop", "currency": "Currency",
                       "orders": st.column_config.NumberColumn("Orders", format="localized"), **right},
    )  # fmt: skip


st.fragment(verdict, run_every=LIVE_SECONDS)()
st.fragment(background, run_every=4 * LIVE_SECONDS)()
