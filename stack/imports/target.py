"""The instance that an import goes to: the environment's addresses where it names them, else this machine's."""

import os
from dataclasses import dataclass

from pydantic import SecretStr

from clickhouse.settings import ClickHouseSettings
from stack import environment
from stack.home import Home


@dataclass(frozen=True)
class Target:
    """Where facts, clicks and marts of one instance are, and the password of its demo accounts' file."""

    home: Home
    postgres_dsn: str
    kafka_bootstrap: str
    topic_prefix: str
    clickhouse: ClickHouseSettings

    @classmethod
    def here(cls) -> "Target":
        """The instance of ATLANTIC_HOME and ATLANTIC_PORT_BASE, or of addresses that the shell sets itself."""
        home = Home.from_environment()
        set_here = {name: value for name, value in os.environ.items() if name.startswith("ATLANTIC_")}
        known = {**environment.settings(home), **set_here}
        return cls(
            home=home,
            postgres_dsn=known["ATLANTIC_POSTGRES_DSN"],
            kafka_bootstrap=known["ATLANTIC_KAFKA_BOOTSTRAP"],
            topic_prefix=known["ATLANTIC_TOPIC_PREFIX"],
            clickhouse=ClickHouseSettings(
                url=known["ATLANTIC_CLICKHOUSE_URL"],
                database=known["ATLANTIC_CLICKHOUSE_DATABASE"],
                operator_password=SecretStr(known["ATLANTIC_CLICKHOUSE_OPERATOR_PASSWORD"]),
            ),
        )
