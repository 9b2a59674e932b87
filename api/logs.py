"""Logs as JSON lines with time, level, process and correlation id, and no personal data (R-SEC-3)."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from asgi_correlation_id import correlation_id


def _with_correlation(_: object, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    entry.setdefault("correlation_id", correlation_id.get())
    return entry


def configure(process: str, level: int = logging.INFO) -> None:
    """Write structlog's and the standard library's records as JSON lines on standard error."""

    def named(_: object, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        entry["process"] = process
        return entry

    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        _with_correlation,
        named,
        structlog.processors.format_exc_info,
        structlog.processors.EventRenamer("message"),
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared[:-1],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.EventRenamer("message"),
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(level, logging.INFO), force=True)
    logging.getLogger("kafka").setLevel(logging.WARNING)
