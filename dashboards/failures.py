"""Why a question has no new answer: the warehouse was silent, or refused it; and what to do about either."""

from types import MappingProxyType
from typing import NamedTuple

_WAIT = "It is tried again by itself every few seconds; if it stays, tell operations the reference."
_TOO_MUCH = "It needs more than one question may have: choose a shorter period, or tell operations the reference."
_BUSY = "Too many ask at once. " + _WAIT
_RIGHTS = "These pages may not read what it asks for. Operations: compare its users with `clickhouse/access.py`."
_VERSIONS = "These pages and the warehouse's tables are of two versions. Operations: `atlantic up` ends that."

ADVICE = MappingProxyType(
    {
        **dict.fromkeys(("MEMORY_LIMIT_EXCEEDED", "TIMEOUT_EXCEEDED", "TOO_SLOW"), _TOO_MUCH),
        **dict.fromkeys(("TOO_MANY_ROWS", "TOO_MANY_BYTES", "TOO_MANY_ROWS_OR_BYTES"), _TOO_MUCH),
        **dict.fromkeys(("TOO_MANY_SIMULTANEOUS_QUERIES", "QUOTA_EXCEEDED"), _BUSY),
        **dict.fromkeys(("ACCESS_DENIED", "AUTHENTICATION_FAILED", "UNKNOWN_USER", "WRONG_PASSWORD"), _RIGHTS),
        **dict.fromkeys(("UNKNOWN_DATABASE", "UNKNOWN_TABLE", "UNKNOWN_IDENTIFIER"), _VERSIONS),
        **dict.fromkeys(("UNKNOWN_FUNCTION", "NO_SUCH_COLUMN_IN_TABLE", "SYNTAX_ERROR"), _VERSIONS),
    }
)
"""By ClickHouse's name of the error."""


class Failure(NamedTuple):
    """`reference` also stands in the log, beside the reason; `refusal` is ClickHouse's name of it, empty in silence."""

    reference: str
    refusal: str = ""

    @property
    def said(self) -> str:
        """What the warehouse did, as the end of a sentence."""
        return f"refused this question ({self.refusal})" if self.refusal else "does not answer"

    @property
    def advice(self) -> str:
        """What to do."""
        return ADVICE.get(self.refusal, _WAIT)


class UnansweredError(Exception):
    """A question has no answer, neither a new one nor an older one that could stand in."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reference)
        self.failure = failure
