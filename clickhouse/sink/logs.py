"""The sink's log: JSON lines on standard error, in the words of the other processes."""

import logging

import structlog
from stamina.instrumentation import set_on_retry_hooks


def configure() -> None:
    """Write structlog's and the standard library's records as JSON lines."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.processors.CallsiteParameterAdder([structlog.processors.CallsiteParameter.MODULE]),
        structlog.processors.format_exc_info,
    ]
    rename = structlog.processors.EventRenamer("message")
    lines = structlog.processors.JSONRenderer()
    structlog.configure(processors=[*shared, rename, lines], cache_logger_on_first_use=True)
    handler = logging.StreamHandler()
    strip = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[strip, rename, lines])
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.captureWarnings(True)
    for chatty in ("urllib3", "clickhouse_connect", "kafka", "aiokafka"):  # the sink says itself what it waits for
        logging.getLogger(chatty).setLevel(logging.CRITICAL)
    set_on_retry_hooks([])
