"""Where ClickHouse answers and the passwords of its roles, from the environment."""

from functools import cache

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ClickHouseSettings(BaseSettings):
    """Address, database and the password of each role; a role's password may be missing where it is not used."""

    model_config = SettingsConfigDict(env_prefix="ATLANTIC_CLICKHOUSE_")

    url: str = "http://127.0.0.1:7406"
    database: str = "atlantic"
    sink_password: SecretStr = SecretStr("")
    seller_password: SecretStr = SecretStr("")
    operator_password: SecretStr = SecretStr("")
    data_password: SecretStr = SecretStr("")


@cache
def clickhouse_settings() -> ClickHouseSettings:
    """The settings of this process, read once."""
    return ClickHouseSettings()
