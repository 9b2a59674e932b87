"""What a card says when it has no numbers: why, and what to do about it. One card's failure stays its own."""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec

import streamlit as st
import structlog

from dashboards.data import Answer, seconds_since
from dashboards.failures import Failure, UnansweredError

RETRY_SECONDS = 5.0
P = ParamSpec("P")
log = structlog.get_logger(__name__)


@contextmanager
def card(title: str, caption: str = "") -> Iterator[None]:
    """A bordered card; what fails inside is said inside."""
    with st.container(border=True, height="stretch"):
        with st.container(gap=None):
            st.markdown(f"**{title}**")
            if caption:
                st.caption(caption)
        yield


def guarded(draw: Callable[P, None]) -> Callable[P, None]:
    """A part of a page whose failure leaves the rest standing."""

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            draw(*args, **kwargs)
        except UnansweredError as error:
            _no_numbers(f"The warehouse {error.failure.said}. {error.failure.advice}", error.failure.reference)
        except Exception as error:  # st.stop and st.rerun are no Exceptions
            reference = secrets.token_hex(4)
            log.error("a part of a page failed", part=draw.__name__, reference=reference, exc_info=error)
            _no_numbers(f"This part could not be shown, the others can. {Failure(reference).advice}", reference)

    return drawn


def _no_numbers(why: str, reference: str) -> None:
    st.error(f"{why} Reference `{reference}`.", title="No numbers at the moment", icon=":material/cloud_off:")
    _try_again(time.monotonic())


@st.fragment(run_every=RETRY_SECONDS)
def _try_again(since: float) -> None:
    """Run the page anew a little later; the first run of this is the one that says so."""
    if time.monotonic() - since > RETRY_SECONDS / 2:
        st.rerun()


def stale(*answers: Answer) -> None:
    """Say so when what is shown is the last answer, not the newest."""
    if late := [(answer, answer.failure) for answer in answers if answer.failure]:
        age = max(seconds_since(answer.asked_at) for answer, _ in late)
        why = late[0][1]
        st.badge(
            f"Last numbers, {age:,.0f} s old: the warehouse {why.said} ({why.reference})",
            icon=":material/cloud_off:", color="orange",
        )  # fmt: skip


def never() -> None:
    """A shop without any sale so far."""
    st.info(
        "Place a test order in your shop with the card 4242 4242 4242 4242: "
        "it stands here two seconds after it is paid.",
        title="No sales yet", icon=":material/storefront:",
    )  # fmt: skip


def none_in_period(last: str, days: int) -> None:
    """Nothing in the chosen period, but there was before."""
    st.info(
        f"Your last sale was {last}. [Show it](/sales?period={_period_for(days)})",
        title="Nothing in this period",
        icon=":material/event_busy:",
    )


def none_match(what: str) -> None:
    """A table without rows that is good news or a filter's doing."""
    st.caption(what)


def _period_for(days: int) -> str:
    for most, name in ((7, "7+days"), (28, "28+days"), (90, "90+days")):
        if days < most:
            return name
    return "52+weeks"
