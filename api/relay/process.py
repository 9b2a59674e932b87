"""The relay process: settings from the environment, health and metrics on loopback, a graceful stop."""

import gc
import signal
from threading import Event

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from api import health_server, logs
from api.relay.loop import Relay

PORT_OFFSET = 10
COLLECT_AFTER = 200_000
"""A batch is many small objects and no cycles: looking for those after every 700 took a fifth of the relay's time."""


class RelaySettings(BaseSettings):
    """What the relay is told by its environment (ARCHITECTURE.md, "Settings")."""

    model_config = SettingsConfigDict(env_prefix="ATLANTIC_", frozen=True, extra="ignore", hide_input_in_errors=True)

    postgres_dsn: str = Field(repr=False)
    kafka_bootstrap: str
    topic_prefix: str = ""
    port_base: int = Field(default=7400, ge=1024, le=65_515)


def main() -> None:
    """Publish the outbox until SIGTERM or SIGINT."""
    logs.configure("relay")
    gc.set_threshold(COLLECT_AFTER)
    settings = RelaySettings.model_validate({})
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with health_server.serving(settings.port_base + PORT_OFFSET):
        Relay(settings, stop).run()


if __name__ == "__main__":
    main()
