"""What every page shares: its title and question, whether the books agree, and how fresh its numbers are."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import streamlit as st

from dashboards.data import Answer, Scope, ask, seconds_since
from dashboards.failures import UnansweredError
from dashboards.money import count, money

Colour = Literal["green", "orange", "red"]
BADGE_SECONDS = 5
OLD_SECONDS = 10.0
PAUSES_PER_RUN, OLDEST_SECONDS = 25.0, 60.0
"""The audit rests 20 times as long as it ran: a verdict is old when the next one is late, or after a minute."""


@dataclass(frozen=True)
class Freshness:
    """Up to where everything is here. `moment` is when that was recorded: the pages' own now."""

    answer: Answer
    moment: datetime
    cut: int
    seen_at: datetime
    asked_at: datetime

    @property
    def complete(self) -> bool:
        """Whether any progress mark has landed yet."""
        return bool(self.answer.one.partitions)

    @property
    def behind_seconds(self) -> float:
        """How old the mark is: by the server's clock, and since then when this is its last answer, not its newest."""
        since = seconds_since(self.answer.asked_at) if self.answer.failure else 0.0
        return (self.asked_at - self.moment).total_seconds() + since


def freshness(scope: Scope) -> Freshness:
    """Ask how fresh everything is; before the first mark the server's time stands in."""
    answer = ask(scope, "frame", "freshness")
    row = answer.one
    asked, moment = _utc(row.asked_at), _utc(row.recorded_at) if row.partitions else _utc(row.asked_at)
    return Freshness(answer, moment, int(row.cut), _utc(row.seen_at), asked)


def freshness_line(fresh: Freshness, compared: str = "") -> None:
    """The line under the tiles: up to where they are complete, and the span they are compared with."""
    if not fresh.complete:
        st.caption(":material/hourglass_empty: Nothing has been marked complete yet; numbers may still grow.")
        return
    seen = max(0.0, (fresh.seen_at - fresh.moment).total_seconds())
    late = f" :orange[That is {fresh.behind_seconds:,.0f} s ago.]" if fresh.behind_seconds > OLD_SECONDS else ""
    st.caption(
        f":material/schedule: Complete to transaction {count(fresh.cut)}, recorded {fresh.moment:%H:%M:%S} UTC, "
        f"seen {seen:.1f} s later.{late} What happened after that is still on its way."
        + (f" Compared with {compared}." if compared else "")
    )


def header(title: str, question: str, scope: Scope) -> None:
    """Title, the question the page answers, and the badge of the books."""
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        with st.container(width="content", gap=None):
            st.title(title, anchor=False)
            st.caption(question)
        with st.container(width="content"):
            books_badge(scope)


@st.fragment(run_every=BADGE_SECONDS)
def books_badge(scope: Scope) -> None:
    """Do core, landing and marts agree, up to where, and how long ago was that looked at."""
    try:
        answer, fresh = ask(scope, "frame", "verdict"), freshness(scope)
    except UnansweredError as error:
        why = error.failure
        said = f"The warehouse {why.said}. {why.advice} Reference {why.reference}"
        st.badge("Books: no answer", icon=":material/cloud_off:", color="orange", help=said)
        return
    if answer.rows.empty:
        st.badge("Books not compared yet", icon=":material/hourglass_empty:", color="gray")
        return
    row = answer.one
    age = float(row.age_seconds) + seconds_since(answer.asked_at)
    words, colour, icon = _said(scope, row, age, fresh.behind_seconds)
    st.badge(words, icon=icon, color=colour, help=_explained(row))


def _said(scope: Scope, row: Any, age: float, behind: float) -> tuple[str, Colour, str]:
    at = f"{_utc(row.at):%H:%M:%S}"
    verdict, visible = row.verdict, int(row.visible)
    if verdict == "different" and (visible or scope.role == "operator_pages"):
        return f"Books differ{_by_how_much(scope)} · {at} UTC", "red", ":material/error:"
    if verdict == "could_not_compare":
        return f"Books not compared at {at} UTC", "orange", ":material/help:"
    if age > max(OLD_SECONDS, min(OLDEST_SECONDS, PAUSES_PER_RUN * float(row.seconds))):
        return f"Books equal, but {age:,.0f} s ago", "orange", ":material/schedule:"
    if behind > OLD_SECONDS:
        return f"Books equal, catching up: {behind:,.0f} s", "orange", ":material/schedule:"
    return f"Books equal · {at} UTC", "green", ":material/verified:"


def _by_how_much(scope: Scope) -> str:
    worst = ask(scope, "frame", "worst").rows
    if worst.empty:
        return ""
    row = worst.iloc[0]
    return f" by {money(row.amount, row.currency)}" if row.measure.endswith("_minor") else f" by {row.amount} units"


def _explained(row: Any) -> str:
    cells, cut, reason = row.cells, row.complete_to, row.reason
    if reason:
        return f"The audit could not compare: {reason}"
    return (
        f"The audit compared {count(cells)} cells of the ledger, of what landed here and of the marts behind these "
        f"pages, up to transaction {count(cut)}, {float(row.age_seconds):.0f} s ago."
    )


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)
