"""The five real servers for tests: started in a temporary home, or reused from a home that serves already.

`python -m tests.stack_fixture serve HOME` starts one that stays; with `ATLANTIC_TEST_HOME=HOME` the tests use it.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from stack import launch, secrets
from stack.environment import settings
from stack.home import CHECKOUT, Home
from stack.installation import install_everything
from stack.settings import DATABASE, HOST, POSTGRES_USER, TEST_DATABASES
from stack.state import load
from tests import ports

TEMPLATE = f"{DATABASE}_template"
START_SECONDS = 240.0


@dataclass(frozen=True)
class TestStack:
    """Running servers. `environment` names them for our processes, with the production databases."""

    __test__ = False
    home: Home

    @property
    def environment(self) -> dict[str, str]:
        """Every ATLANTIC_ variable."""
        return settings(self.home)

    def admin(self) -> psycopg.Connection[Any]:
        """A superuser's connection to PostgreSQL."""
        return psycopg.connect(
            host=HOST, port=self.home.port("postgres"), user="postgres", dbname="postgres", autocommit=True,
            password=secrets.read(self.home, "postgres_admin"),
        )  # fmt: skip


@contextmanager
def servers(root: Path) -> Iterator[TestStack]:
    """Start the servers in `root` on free ports; they end with the block, or with this process."""
    install_everything(None)
    home = Home(root, ports.free(), fast=True)
    tie = [sys.executable, "-I", "-S", launch.__file__, str(os.getpid()), str(int(signal.SIGTERM)), "keep"]
    log = home.log("supervisor").open("ab")
    with log, subprocess.Popen(
        [*tie, sys.executable, "-m", "stack.supervisor", "--no-migrate", "servers"],
        env=_environment(home), cwd=CHECKOUT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
    ) as process:  # fmt: skip
        try:
            _wait(home, process)
            yield TestStack(home)
        finally:
            process.terminate()


def _environment(home: Home) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ATLANTIC_")}
    base = {"ATLANTIC_HOME": str(home.root), "ATLANTIC_PORT_BASE": str(home.port_base), "ATLANTIC_TEST_FAST": "1"}
    return {**clean, **base, "PYTHONPATH": str(CHECKOUT)}


def _wait(home: Home, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while (state := load(home)) is None or state.phase != "running":
        if process.poll() is not None or time.monotonic() > deadline:
            reason = state.reason if state else home.log("supervisor").read_text(errors="replace")[-2000:]
            raise RuntimeError(f"the test servers did not start: {reason}")
        time.sleep(0.05)


def reused(root: Path) -> TestStack:
    """The servers that `serve` started in `root`."""
    state = load(Home(root))
    if state is None or not state.alive or state.phase != "running":
        raise RuntimeError(f"ATLANTIC_TEST_HOME={root}: nothing runs there; python -m tests.stack_fixture serve {root}")
    return TestStack(Home(root, state.port_base, fast=True))


@contextmanager
def test_stack() -> Iterator[TestStack]:
    """The stack of this test session, with the migrated template database."""
    with ExitStack() as ending:
        if root := os.environ.get("ATLANTIC_TEST_HOME"):
            stack = reused(Path(root))
        else:
            folder = ending.enter_context(tempfile.TemporaryDirectory(prefix="atlantic-", ignore_cleanup_errors=True))
            stack = ending.enter_context(servers(Path(folder)))
        make_template(stack)
        yield stack


def make_template(stack: TestStack) -> None:
    """A freshly migrated PostgreSQL database that tests copy; sessions that share the servers wait for each other."""
    with stack.admin() as admin:
        admin.execute("SELECT pg_advisory_lock(7400)")
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(TEMPLATE)))
        _copy(admin, DATABASE, TEMPLATE)
        subprocess.run(
            [sys.executable, "-c", "from stack.schema import postgres; postgres()"],
            env={**os.environ, **database_variables(stack, TEMPLATE), "PYTHONPATH": str(CHECKOUT)},
            cwd=CHECKOUT, check=True,
        )  # fmt: skip


def database_variables(stack: TestStack, database: str) -> dict[str, str]:
    """The variable that points at one PostgreSQL database of the stack."""
    dsn = stack.environment["ATLANTIC_POSTGRES_DSN"]
    return {"ATLANTIC_POSTGRES_DSN": dsn.rpartition("/")[0] + "/" + database}


def _copy(admin: psycopg.Connection[Any], source: str, name: str) -> None:
    names = [sql.Identifier(word) for word in (name, source, POSTGRES_USER)]
    admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY FILE_COPY").format(*names))


@contextmanager
def slot(stack: TestStack) -> Iterator[int]:
    """A number that no other module or session on these servers has, and a fresh copy of the template with it.

    Held by an advisory lock, so that a test process that was killed gives its number back.
    """
    with stack.admin() as admin:
        number = _claim(admin)
        name = TEST_DATABASES[number]
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        admin.execute("SELECT pg_advisory_lock(7400)")
        _copy(admin, TEMPLATE, name)
        admin.execute("SELECT pg_advisory_unlock(7400)")
        yield number
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _claim(admin: psycopg.Connection[Any]) -> int:
    for number in range(len(TEST_DATABASES)):
        taken = admin.execute("SELECT pg_try_advisory_lock(7401, %s)", [number]).fetchone()
        if taken and taken[0]:
            return number
    raise RuntimeError(f"all {len(TEST_DATABASES)} test databases are in use")


def serve(root: Path) -> None:
    """Start servers in `root` and keep them until Ctrl-C or SIGTERM."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    with servers(root) as stack:
        print(f"ready on ports from {stack.home.port_base}: export ATLANTIC_TEST_HOME={root} (PID {os.getpid()})")
        sys.stdout.flush()
        try:
            signal.pause()
        except KeyboardInterrupt:
            print("stopping")


if __name__ == "__main__":
    if sys.argv[1:2] != ["serve"] or len(sys.argv) != 3:
        sys.exit("usage: python -m tests.stack_fixture serve HOME")
    serve(Path(sys.argv[2]).absolute())
