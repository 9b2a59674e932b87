"""Where the core's database is and on which port the audit says how it is, from the environment."""

from pydantic_settings import BaseSettings, SettingsConfigDict

AUDIT_PORT_OFFSET = 13


class AuditSettings(BaseSettings):
    """The core's side; ClickHouse's comes from `clickhouse.settings`."""

    model_config = SettingsConfigDict(env_prefix="ATLANTIC_")

    postgres_dsn: str = "postgresql://127.0.0.1:7402/atlantic"
    port_base: int = 7400

    @property
    def port(self) -> int:
        """Health and metrics of the audit."""
        return self.port_base + AUDIT_PORT_OFFSET
