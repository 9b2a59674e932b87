"""Every revision comes up to the newest with its rows, while others write (sql/versions)."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from api.tables import metadata
from stack.home import CHECKOUT
from tests.sql import rows

Db = psycopg.Connection[tuple[Any, ...]]
Rows = dict[str, list[dict[str, Any]]]
LOCK_TIMEOUT_S = 5.0
CONFIG = Config(CHECKOUT / "sql" / "alembic.ini")
REVISIONS = [each.revision for each in reversed(list(ScriptDirectory.from_config(CONFIG).walk_revisions()))]


@pytest.fixture
def db(pg: str) -> Iterator[Db]:
    """An empty database that nobody has migrated."""
    with psycopg.connect(pg, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
        yield connection


def tables(db: Db) -> list[str]:
    found = db.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
    return [name for (name,) in found if name != "alembic_version"]


def content(db: Db) -> Rows:
    """Every row of every table."""
    return {
        name: [row for (row,) in db.execute(sql.SQL("SELECT to_jsonb(t) FROM {} t").format(sql.Identifier(name)))]
        for name in tables(db)
    }


def fill(db: Db, revision: str) -> None:
    for statement in rows.statements(revision):
        db.execute(statement.encode())


class Writer:
    """Does what every writer does first, on each table again and again, and knows how long it had to wait."""

    def __init__(self, dsn: str) -> None:
        self._dsn, self._stop = dsn, threading.Event()
        self.longest_s, self.rounds = 0.0, 0

    def run(self) -> None:
        with psycopg.connect(self._dsn, autocommit=True) as own:
            while not self._stop.is_set():
                for name in tables(own):
                    self._write(own, name)
                self.rounds += 1

    def _write(self, own: Db, name: str) -> None:
        began = time.monotonic()
        with own.transaction():
            own.execute(sql.SQL("LOCK TABLE {} IN ROW EXCLUSIVE MODE").format(sql.Identifier(name)), prepare=False)
        self.longest_s = max(self.longest_s, time.monotonic() - began)

    def stop(self) -> None:
        self._stop.set()


@contextmanager
def writing(dsn: str) -> Iterator[Writer]:
    writer = Writer(dsn)
    thread = threading.Thread(target=writer.run)
    thread.start()
    try:
        yield writer
    finally:
        writer.stop()
        thread.join(60)


def test_rows_of_every_revision_come_up_to_the_newest(db: Db, pg: str) -> None:
    """Nothing is lost or changed, nothing is left half valid, the tables are the models', and writers go on."""
    known: Rows = {}
    command.upgrade(CONFIG, REVISIONS[0])
    with writing(pg) as writer:
        for revision, following in zip(REVISIONS, [*REVISIONS[1:], None], strict=True):
            if following:
                fill(db, revision)
                known = content(db)
                assert not [name for name, found in known.items() if not found], "tests/sql/rows.py fills no such table"
                command.upgrade(CONFIG, following)
            assert lost(known, content(db)) == []
    assert writer.rounds > 1
    assert writer.longest_s < LOCK_TIMEOUT_S
    assert invalid(db) == []
    assert not differences(pg)


def differences(dsn: str) -> list[Any]:
    engine = create_engine(dsn.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found: list[Any] = compare_metadata(context, metadata)
    engine.dispose()
    return found


def lost(before: Rows, after: Rows) -> list[str]:
    """The tables in which a row does not stand any more as it stood; columns may have been added."""
    return [name for name, old in before.items() if not all(map(any_like(after.get(name, [])), old))]


def any_like(found: list[dict[str, Any]]) -> Any:
    kept: dict[frozenset[str], set[str]] = {}

    def like(row: dict[str, Any]) -> bool:
        names = frozenset(row)
        if names not in kept:
            kept[names] = {repr([(name, each.get(name)) for name in sorted(names)]) for each in found}
        return repr([(name, row[name]) for name in sorted(names)]) in kept[names]

    return like


def invalid(db: Db) -> list[tuple[Any, ...]]:
    return db.execute(
        "SELECT conname FROM pg_constraint WHERE NOT convalidated "
        "UNION ALL SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid OR NOT indisready"
    ).fetchall()


def test_a_migration_that_cannot_get_its_lock_gives_up(db: Db, pg: str) -> None:
    """A writer who holds the table for long stops no other writer for longer than the lock's time-out."""
    command.upgrade(CONFIG, "0010")
    fill(db, "0009")
    with psycopg.connect(pg) as slow, writing(pg) as writer:
        slow.execute("UPDATE orders SET updated_at = now() WHERE order_number = '0009-1'")
        began = time.monotonic()
        with pytest.raises(OperationalError, match="lock timeout"):
            command.upgrade(CONFIG, "0011")
        assert time.monotonic() - began < LOCK_TIMEOUT_S * 3
        rounds = writer.rounds
        while writer.rounds < rounds + 2:
            time.sleep(0.01)
    assert writer.longest_s < LOCK_TIMEOUT_S + 1
    command.upgrade(CONFIG, "head")


def test_a_lost_row_would_be_seen() -> None:
    """A row that is gone or says something else; a new column is no loss."""
    assert lost({"a": [{"x": 1}]}, {"a": [{"x": 1, "y": None}]}) == []
    assert lost({"a": [{"x": 1}], "b": [{"x": 1}], "c": []}, {"a": [], "b": [{"x": 2}]}) == ["a", "b"]
