"""Logs of every process as JSON lines with time, level, process and message, and no personal data (R-SEC-3)."""

import logging
import sys
from collections.abc import MutableMapping, Sequence
from typing import Any

import structlog

SELDOM_S = 10.0


class Seldom(logging.Filter):
    """Lets a library's message through once every ten seconds: with a server away, the Kafka client repeats itself 50
    times a second."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether this message was not let through lately."""
        lately = record.created - self._last.get(str(record.msg), 0.0) < SELDOM_S
        if not lately:
            self._last[str(record.msg)] = record.created
        return not lately


def configure(
    process: str,
    level: int = logging.INFO,
    *,
    also: Sequence[structlog.typing.Processor] = (),
    silent: Sequence[str] = (),
) -> None:
    """Write structlog's records, and warnings of the libraries, as JSON lines on standard error.

    `also` adds to every entry; of `silent` libraries only critical records are written.
    """

    def named(_: object, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        entry["process"] = process
        return entry

    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        named,
        *also,
        structlog.processors.format_exc_info,
    ]
    ending: list[structlog.typing.Processor] = [
        structlog.processors.EventRenamer("message"),
        structlog.processors.JSONRenderer(),
    ]
    structlog.configure(
        processors=[*shared, *ending],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    _of_libraries(shared, ending)
    for name in silent:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _of_libraries(shared: list[structlog.typing.Processor], ending: list[structlog.typing.Processor]) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending]
        )
    )
    handler.addFilter(Seldom())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.captureWarnings(True)
