"""Asks ClickHouse the pages' questions, in the name of who is looking; an older answer stands in when there is none."""

import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Literal, NamedTuple
from uuid import UUID

import pandas as pd
import streamlit as st
import structlog
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import Error as ClickHouseError
from clickhouse_connect.driver.exceptions import OperationalError
from urllib3.exceptions import HTTPError

from clickhouse import client as roles
from clickhouse.queries import question
from dashboards.failures import Failure, UnansweredError

LIVE_SECONDS = 1.0
KEPT_ANSWERS = 500
PATIENCE_SECONDS, SILENT_SECONDS = 5, 5.0
"""How long a question waits, and how long nobody asks after one went unanswered: a page has ten questions, and its last
numbers with their age are worth more than ten waits."""
UNREACHABLE = (OperationalError, HTTPError, OSError)
SILENCES = (ClickHouseError, *UNREACHABLE)

log = structlog.get_logger(__name__)


class Scope(NamedTuple):
    """Which role asks, and for whom; it comes from a verified token (`dashboards.current`)."""

    role: Literal["seller_pages", "operator_pages"]
    seller_id: UUID | None = None


@dataclass(frozen=True)
class Answer:
    """The rows of a question; `failure` says why when they are older than asked for."""

    rows: pd.DataFrame
    asked_at: datetime
    failure: Failure | None = None

    @property
    def one(self) -> Any:
        """The only row, its columns as attributes."""
        return next(self.rows.itertuples(index=False))


def ask(scope: Scope, page: str, name: str, **parameters: Any) -> Answer:
    """The answer to `clickhouse/queries/<page>/<name>.sql` for this scope.

    Gives the last answer, marked, when ClickHouse is silent or refuses; UnansweredError when there is none.
    """
    key = (*scope, page, name, *((word, _lasting(value)) for word, value in sorted(parameters.items())))
    if silence := _last().silence():
        return _last().recall(key, silence)
    try:
        answer = Answer(_rows(scope, page, name, tuple(sorted(parameters.items()))), datetime.now(UTC))
    except SILENCES as error:
        failure = _failure(error)
        seen = {"reference": failure.reference, "refusal": failure.refusal, "reason": str(error)[:500]}
        log.warning("a question was not answered", page=page, question=name, **seen)
        if isinstance(error, UNREACHABLE) and not failure.refusal:  # a refusal is an answer, to this question alone
            _last().fell_silent(failure)
        return _last().recall(key, failure)
    _last().keep(key, answer)
    return answer


def _failure(error: Exception) -> Failure:
    """What the server itself said has a code; everything else is silence."""
    reference = secrets.token_hex(4)
    if isinstance(error, ClickHouseError) and error.code is not None:
        return Failure(reference, error.name or f"code {error.code}")
    return Failure(reference)


def export(scope: Scope, page: str, name: str, **parameters: Any) -> bytes:
    """The same answer as CSV, written by ClickHouse; raises ClickHouse's errors."""
    return _client(scope).raw_query(question(page, name), dict(parameters), fmt="CSVWithNames")


def _lasting(value: Any) -> Any:
    """A moment moves on with every question; its day is what tells last answers apart."""
    return value.date() if isinstance(value, datetime) else value


@st.cache_data(ttl=LIVE_SECONDS, max_entries=KEPT_ANSWERS, show_spinner=False)
def _rows(scope: Scope, page: str, name: str, parameters: tuple[tuple[str, Any], ...]) -> pd.DataFrame:
    """Cached for a second, per scope: ten tabs of one shop ask once."""
    rows: pd.DataFrame = _client(scope).query_df(question(page, name), dict(parameters))
    return rows


@st.cache_resource(max_entries=200, ttl=3600, show_spinner=False, on_release=lambda client: client.close())
def _client(scope: Scope) -> Client:
    """One connection pool per scope: the server binds it to its seller."""
    if scope.role == "operator_pages":
        return roles.operator_pages(patience=PATIENCE_SECONDS)
    if scope.seller_id is None:
        raise ValueError("seller_pages asks for one seller")
    return roles.seller_pages(scope.seller_id, patience=PATIENCE_SECONDS)


class _Last:
    """The last answer of each question, so that a page does not go blank when ClickHouse restarts."""

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[Any, ...], Answer] = OrderedDict()
        self._lock = Lock()
        self._silent: tuple[Failure | None, float] = (None, 0.0)

    def fell_silent(self, failure: Failure) -> None:
        """ClickHouse did not answer; for a moment nobody waits for it again."""
        self._silent = (failure, time.monotonic() + SILENT_SECONDS)

    def silence(self) -> Failure | None:
        """What went wrong a moment ago, if something did."""
        failure, until = self._silent
        return failure if time.monotonic() < until else None

    def keep(self, key: tuple[Any, ...], answer: Answer) -> None:
        """Remember an answer; the oldest goes when there are too many."""
        with self._lock:
            self._answers[key] = answer
            self._answers.move_to_end(key)
            if len(self._answers) > KEPT_ANSWERS:
                self._answers.popitem(last=False)

    def recall(self, key: tuple[Any, ...], failure: Failure) -> Answer:
        """The last answer, marked with what went wrong."""
        with self._lock:
            answer = self._answers.get(key)
        if answer is None:
            raise UnansweredError(failure)
        return Answer(answer.rows, answer.asked_at, failure)


@st.cache_resource(show_spinner=False)
def _last() -> _Last:
    return _Last()


def seconds_since(moment: datetime) -> float:
    """Age of an answer."""
    return time.time() - moment.timestamp()
