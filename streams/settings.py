"""What the worker is told by its environment (ARCHITECTURE.md, "Settings")."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PORT_OFFSET = 9


class Settings(BaseSettings):
    """Variables that begin with ATLANTIC_."""

    model_config = SettingsConfigDict(env_prefix="ATLANTIC_", frozen=True, extra="ignore", hide_input_in_errors=True)


class KafkaSettings(Settings):
    """Where the log is."""

    kafka_bootstrap: str
    topic_prefix: str = ""


class WorkerSettings(KafkaSettings):
    """Where the worker reads, publishes and answers."""

    redis_url: str = Field(repr=False)
    meilisearch_url: str
    meilisearch_key: str = Field(repr=False)
    port_base: int = Field(default=7400, ge=1024, le=65_515)

    @property
    def web_port(self) -> int:
        """Port of the worker's own web server, on loopback."""
        return self.port_base + PORT_OFFSET
