"""Where the pages listen, who signs people in, and the key that proves it, from the environment."""

from functools import cache, cached_property
from urllib.parse import urlsplit

import orjson
from joserfc.jwk import OKPKey
from pydantic_settings import BaseSettings, SettingsConfigDict

DASHBOARDS_PORT_OFFSET = 1


class DashboardSettings(BaseSettings):
    """The dashboards' settings; ClickHouse's come from `clickhouse.settings`."""

    model_config = SettingsConfigDict(env_prefix="ATLANTIC_")

    bind_host: str = "127.0.0.1"
    port_base: int = 7400
    api_url: str = "http://127.0.0.1:7400"
    dashboards_url: str = ""
    jwt_public_key: str = ""

    @property
    def port(self) -> int:
        """Where the pages listen."""
        return urlsplit(self.dashboards_url).port or self.port_base + DASHBOARDS_PORT_OFFSET

    @cached_property
    def verifying_key(self) -> OKPKey:
        """The public half of the key that signs access tokens."""
        return OKPKey.import_key(orjson.loads(self.jwt_public_key))

    @property
    def access_cookie(self) -> str:
        """Name of the cookie with the access token; by port, because one host's instances share their cookies."""
        return f"atlantic_access_{self.port}"

    @property
    def refresh_cookie(self) -> str:
        """Name of the cookie with the refresh token."""
        return f"atlantic_refresh_{self.port}"


@cache
def dashboard_settings() -> DashboardSettings:
    """The settings of this process, read once."""
    return DashboardSettings()
