"""One of our processes that dies by kill -9 at an exact point: `python -m tests.promises.dying NAME MOMENT WORD`.

It runs the process's own `main`; only the edges of its transactions and of its publishing are watched. A point is a
moment and a word that tells which transaction, statement or message is meant.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.dialects.postgresql.psycopg import PGDialectAsync_psycopg

from api.relay.log import Publisher
from stack.run import run

DOOMED = "doomed"


def die() -> None:
    """At once, without any last word."""
    os.kill(os.getpid(), signal.SIGKILL)


def before_statement(word: str) -> None:
    """Die instead of sending the statement that holds the word, or has it among its parameters."""
    _at_statement(word, lambda _: die())


def before_commit(word: str) -> None:
    """Die with the transaction written and not committed; a statement that is one by itself is not sent."""
    _at_statement(word, lambda conn: die() if _is_alone(conn) else _doom(conn))

    def committing(conn: Connection) -> None:
        if _is_doomed(conn.connection):
            die()

    event.listen(Engine, "commit", committing)


def after_commit(word: str) -> None:
    """Die with the transaction committed, before anybody is told."""
    _at_statement(word, _doom)
    commit: Callable[[Any, Any], None] = PGDialectAsync_psycopg.do_commit

    def committed(dialect: Any, connection: Any) -> None:
        commit(dialect, connection)
        if _is_doomed(connection):
            die()

    def sent(conn: Connection, *_: Any) -> None:
        if _is_alone(conn) and _is_doomed(conn.connection):
            die()

    event.listen(Engine, "after_cursor_execute", sent)
    setattr(PGDialectAsync_psycopg, "do_commit", committed)  # noqa: B010 - a method is replaced, which mypy forbids


def after_publish(word: str) -> None:
    """Die when Kafka has acknowledged a message that holds the word, before the relay has noted it."""
    send, acknowledged = Publisher.send, Publisher.acknowledged
    doomed: list[bool] = []

    def sent(self: Publisher, messages: Iterable[Any]) -> Any:
        batch = list(messages)
        doomed.append(any(word.encode() in message.body for message in batch))
        return send(self, batch)

    def heard(self: Publisher, batch: Any) -> Any:
        offsets = acknowledged(self, batch)
        if any(doomed):
            die()
        return offsets

    setattr(Publisher, "send", sent)  # noqa: B010 - as above
    setattr(Publisher, "acknowledged", heard)  # noqa: B010 - as above


MOMENTS: dict[str, Callable[[str], None]] = {
    "before statement": before_statement,
    "before commit": before_commit,
    "after commit": after_commit,
    "after publish": after_publish,
}


def _at_statement(word: str, act: Callable[[Connection], None]) -> None:
    def about_to(conn: Connection, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if word in statement or word in repr(parameters):
            act(conn)

    event.listen(Engine, "before_cursor_execute", about_to)
    event.listen(Engine, "rollback", lambda conn: conn.connection.info.pop(DOOMED, None))


def _is_alone(conn: Connection) -> bool:
    """Whether each statement of this connection is a transaction by itself (`db.statement`)."""
    return conn.get_execution_options().get("isolation_level") == "AUTOCOMMIT"


def _doom(conn: Connection) -> None:
    conn.connection.info[DOOMED] = True


def _is_doomed(connection: Any) -> bool:
    return DOOMED in connection.info


if __name__ == "__main__":
    _, process, moment, about = sys.argv
    MOMENTS[moment](about)
    run(process)
