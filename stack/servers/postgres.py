"""PostgreSQL 18: the transactional core's store."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from stack import artifacts, launch, secrets
from stack.environment import addresses
from stack.part import NotReadyError, Part
from stack.settings import DATABASE, HOST, POSTGRES_LOCALE, POSTGRES_SETTINGS, POSTGRES_USER

ADMIN = "postgres"
# Extensions that only a superuser may create; the others are the migrations' business.
EXTENSIONS: tuple[LiteralString, ...] = ("pg_stat_statements", "pg_trgm", "btree_gist", "citext")
UNSAFE_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres(Part):
    """One cluster, loopback only, passwords for everybody, durable unless the home is a fast test home."""

    name = "postgres"
    ports = ("postgres",)
    stop_signal = signal.SIGINT  # "fast": roll back and leave; SIGTERM would wait for every client
    refuses_root = True

    def command(self) -> list[str]:
        return [str(artifacts.postgres_bin() / "postgres"), "-D", str(self._cluster)]

    def environment(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"}

    def folder(self) -> Path:
        return self.home.data(self.name)

    @property
    def _cluster(self) -> Path:
        return self.home.data(self.name) / "cluster"

    def prepare(self) -> None:
        if not (self._cluster / "PG_VERSION").exists():
            self._make_cluster()
        lines = [f"{name} = '{value}'" for name, value in self._settings().items()]
        (self._cluster / "postgresql.auto.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _settings(self) -> dict[str, str]:
        where = {"listen_addresses": HOST, "port": str(self.home.port("postgres")), "unix_socket_directories": ""}
        unsafe = UNSAFE_SETTINGS if self.home.fast else {}
        return {**where, **POSTGRES_SETTINGS, "log_line_prefix": "%m [%p] %q%u@%d ", **unsafe}

    def _make_cluster(self) -> None:
        """Make it beside its place and rename: half a cluster must never look like one."""
        draft = self._cluster.with_name("draft")
        subprocess.run(["rm", "-rf", str(draft)], check=True)
        secrets.read(self.home, "postgres_admin")
        options = [f"--username={ADMIN}", f"--pwfile={self.home.secrets / 'postgres_admin'}", *POSTGRES_LOCALE]
        options += ["--auth=scram-sha-256", "--encoding=UTF8", "--data-checksums", f"--pgdata={draft}"]
        options += ["--no-sync"] if self.home.fast else []
        init = [str(artifacts.postgres_bin() / "initdb"), *options]
        parent = [str(os.getpid()), str(int(signal.SIGKILL)), "drop"]
        done = subprocess.run(
            [sys.executable, "-I", "-S", launch.__file__, *parent, *init],
            env=self.environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise RuntimeError(f"initdb failed: {(done.stderr or done.stdout).strip()[-500:]}")
        draft.rename(self._cluster)

    async def ready(self) -> None:
        try:
            async with await self._connect(DATABASE if self._settled else ADMIN) as connection:
                await connection.execute("SELECT 1")
        except psycopg.OperationalError as error:
            raise NotReadyError(str(error).strip()) from error

    _settled = False

    async def settle(self) -> None:
        async with await self._connect(ADMIN) as connection:
            await _make_role(connection, secrets.read(self.home, "postgres"))
            await _make_database(connection)
        async with await self._connect(DATABASE) as connection:
            for extension in EXTENSIONS:
                await connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))
        self._settled = True

    async def _connect(self, database: str) -> psycopg.AsyncConnection[Any]:
        return await psycopg.AsyncConnection.connect(
            host=HOST, port=self.home.port("postgres"), user=ADMIN, dbname=database, autocommit=True,
            password=secrets.read(self.home, "postgres_admin"), connect_timeout=3,
        )  # fmt: skip

    def dsn(self) -> str:
        """The api's connection string."""
        return addresses(self.home)["ATLANTIC_POSTGRES_DSN"]


async def _make_role(connection: psycopg.AsyncConnection[Any], password: str) -> None:
    """The api's role owns its database and is no superuser; CREATEDB serves the tests' copies of a template."""
    role = sql.Identifier(POSTGRES_USER)
    found = await connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [POSTGRES_USER])
    verb = sql.SQL("ALTER" if await found.fetchone() else "CREATE")
    await connection.execute(sql.SQL("{} ROLE {} LOGIN CREATEDB PASSWORD {}").format(verb, role, sql.Literal(password)))
    await connection.execute(sql.SQL("GRANT pg_read_all_stats TO {}").format(role))


async def _make_database(connection: psycopg.AsyncConnection[Any]) -> None:
    found = await connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
    if not await found.fetchone():
        names = sql.Identifier(DATABASE), sql.Identifier(POSTGRES_USER)
        await connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(*names))
