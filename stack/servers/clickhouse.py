"""ClickHouse 26.7: landing, views and marts, served by `clickhouse_launcher`."""

import os
import sys
import uuid
from pathlib import Path

from stack import artifacts, secrets
from stack.home import private_file
from stack.part import Part
from stack.servers import clickhouse_launcher
from stack.servers.clickhouse_config import SERVER, Passwords, users
from stack.servers.meilisearch import http_ready
from stack.settings import DATABASE, HOST, TEST_DATABASES


class ClickHouse(Part):
    """One server out of libchdb.so, with real users, grants and row filters (generated users.xml)."""

    name = "clickhouse"
    ports = ("clickhouse_http", "clickhouse_native")
    stop_seconds = 70.0

    def command(self) -> list[str]:
        ports = [str(self.home.port("clickhouse_http")), str(self.home.port("clickhouse_native"))]
        places = [str(artifacts.clickhouse_library()), str(self._config), str(self.home.data(self.name))]
        # `--log-level`: the level in the configuration file is ignored in this mode, and the default is trace.
        return [sys.executable, clickhouse_launcher.__file__, *places, HOST, *ports, "--log-level", "error"]

    def environment(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", ""), "TZ": "UTC"}

    @property
    def _config(self) -> Path:
        return self.home.config(self.name) / "config.xml"

    def prepare(self) -> None:
        private_file(self._config, SERVER)
        passwords = {name: secrets.read(self.home, f"clickhouse_{name}") for name in Passwords.__annotations__}
        databases = (DATABASE, *TEST_DATABASES) if self.home.fast else (DATABASE,)
        private_file(self._config.with_name("users.xml"), users(Passwords(**passwords), databases))
        self._keep_system_database()

    def _keep_system_database(self) -> None:
        """Without this file `system` lives in memory and the query log breaks at the first restart."""
        folder = self.home.data(self.name) / "metadata"
        folder.mkdir(exist_ok=True)
        if not (folder / "system.sql").exists():
            attach = f"ATTACH DATABASE system UUID '{uuid.uuid4()}'\nENGINE = Atomic\n"
            private_file(folder / "system.sql", attach)

    async def ready(self) -> None:
        await http_ready(f"http://{self.home.address('clickhouse_http')}/ping")
