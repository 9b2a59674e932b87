"""Where ClickHouse and Kafka answer and the passwords of ClickHouse's roles, from the environment."""

import socket

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

SINK_PORT_OFFSET = 12


class ClickHouseSettings(BaseSettings):
    """Address, database and the password of each role; a role's password may be missing where it is not used."""

    model_config = SettingsConfigDict(env_prefix="ATLANTIC_CLICKHOUSE_")

    url: str = "http://127.0.0.1:7406"
    database: str = "atlantic"
    sink_password: SecretStr = SecretStr("")
    seller_password: SecretStr = SecretStr("")
    operator_password: SecretStr = SecretStr("")
    data_password: SecretStr = SecretStr("")


class SinkSettings(BaseSettings):
    """The log that the sink reads, and the port on which it says how it is."""

    model_config = SettingsConfigDict(env_prefix="ATLANTIC_")

    kafka_bootstrap: str = "127.0.0.1:7404"
    topic_prefix: str = ""
    port_base: int = 7400

    @property
    def instance(self) -> str:
        """Which sink this is, also after a restart: the group then gives it its partitions at once."""
        return f"{socket.gethostname()}-{self.port}"

    @property
    def port(self) -> int:
        """Health and metrics of the sink."""
        return self.port_base + SINK_PORT_OFFSET
