"""Brings ClickHouse's tables and views to the newest numbered migration; repeatable."""

import logging
from pathlib import Path
from urllib.parse import urlsplit

from clickhouse_migrations.clickhouse_cluster import ClickhouseCluster
from clickhouse_migrations.connection import CLICKHOUSE_CONNECT
from clickhouse_migrations.defaults import MIGRATIONS_TABLE

from clickhouse.settings import ClickHouseSettings

FOLDER = Path(__file__).parent / "migrations"


def migrate(settings: ClickHouseSettings) -> None:
    """Create the database if it is missing and run what has not run yet, as the sink's user."""
    address = urlsplit(settings.url)
    cluster = ClickhouseCluster(
        db_host=address.hostname or "127.0.0.1",
        db_port=str(address.port or 8123),
        db_user="sink",
        db_password=settings.sink_password.get_secret_value(),
        driver=CLICKHOUSE_CONNECT,
        migrations_table=MIGRATIONS_TABLE,
    )
    cluster.migrate(settings.database, FOLDER)


def main() -> None:
    """Run the migrations that this environment's ClickHouse lacks."""
    logging.basicConfig(level=logging.WARNING)
    settings = ClickHouseSettings()
    migrate(settings)
    print(f"ClickHouse: database {settings.database} is up to date")


if __name__ == "__main__":
    main()
