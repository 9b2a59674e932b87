"""The dashboards' process: Streamlit behind the sign-in gate, on one port, with nothing fetched from elsewhere."""

import logging
import secrets
import sys
from pathlib import Path

import streamlit as st
import structlog
from starlette.middleware import Middleware

from dashboards.settings import dashboard_settings
from dashboards.signin import ROUTES, Gate

FOLDER = Path(__file__).parent
log = structlog.get_logger(__name__)


def report(error: Exception) -> bool:
    """A page failed: keep the reason here and give the person a reference, never the reason."""
    reference = secrets.token_hex(4)
    log.error("a page failed", reference=reference, exc_info=error)
    st.error(
        f"Reload the page; if it stays, tell operations the reference `{reference}`.",
        title="This page could not be shown",
        icon=":material/error:",
    )
    return True


app = st.App(FOLDER / "pages" / "start.py", routes=ROUTES, middleware=[Middleware(Gate)], on_script_error=report)


def main() -> None:
    """Serve until SIGTERM. The theme and Streamlit's switches stand in `.streamlit/config.toml` beside this module."""
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            structlog.processors.format_exc_info,
            structlog.processors.EventRenamer("message"),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    settings = dashboard_settings()
    sys.argv = [str(FOLDER / "app.py")]  # Streamlit looks for its configuration beside the program that runs
    app.run(config={"server.address": settings.bind_host, "server.port": settings.port})


if __name__ == "__main__":
    main()
