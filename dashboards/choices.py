"""The filters of the sellers' pages, kept in the address: a link is a view."""

import streamlit as st

from dashboards.data import Scope, ask
from dashboards.periods import COMPARISONS, PERIODS


def currency(scope: Scope) -> str | None:
    """One currency at a time, never added up; None when the shop has no books yet."""
    known = [str(code) for code in ask(scope, "frame", "currencies").rows.get("currency", [])]
    if not known:
        return None
    if len(known) == 1:
        return known[0]
    chosen = st.segmented_control(
        "Currency", known, default=known[0], key="currency", bind="query-params", required=True
    )
    return chosen or known[0]


def period() -> str:
    """How many days, up to now."""
    names = list(PERIODS)
    chosen = st.segmented_control(
        "Period (UTC days)", names, default="28 days", key="period", bind="query-params", required=True
    )
    return chosen or "28 days"


def comparison(offered: tuple[str, ...] = COMPARISONS) -> str:
    """What to compare with."""
    chosen: str = st.selectbox("Compare with", offered, key="compare", bind="query-params", width=220)
    return chosen


def live(default: bool = True) -> bool:
    """Whether the numbers move by themselves."""
    return st.toggle(
        "Live", value=default, key="live", bind="query-params", help="Off: the numbers stand still until you reload."
    )
