"""The core's logs: those of every process, with the correlation id of the request (R-SEC-3)."""

import logging
from collections.abc import MutableMapping
from typing import Any

from asgi_correlation_id import correlation_id

from streams import logs


def _with_correlation(_: object, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    entry.setdefault("correlation_id", correlation_id.get())
    return entry


def configure(process: str, level: int = logging.INFO) -> None:
    """Write JSON lines on standard error."""
    logs.configure(process, level, also=[_with_correlation])
