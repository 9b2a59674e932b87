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
    cart_idle_s: float = Field(default=3_600, gt=0, description="a cart that was not changed for so long is abandoned")
    order_patience_s: float = Field(default=60, gt=0, description="a step of an order that is overdue by this is stuck")
    price_factor: int = Field(default=10, ge=2, description="a price that changes by it at once is doubted")
    carrier_day_s: float = Field(default=86_400, gt=0, description="a carrier's day; shorter on a simulated clock")

    @property
    def web_port(self) -> int:
        """Port of the worker's own web server, on loopback."""
        return self.port_base + PORT_OFFSET
