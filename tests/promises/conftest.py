"""What every promise needs: how long its form is, a place for its figures, and processes that may be killed."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.promises.processes import Fleet

LONG = os.environ.get("ATLANTIC_PROMISES") == "long"
"""Whether the numbers are those of the promise, or those of a short form of it."""


@pytest.fixture
def told(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Says a figure, whether or not the test passes."""

    def say(figure: str) -> None:
        with capsys.disabled():
            print(f"\n{request.node.name}: {figure}", flush=True)

    return say


@pytest.fixture
def db(pg: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """An autocommitting connection to the module's database."""
    with psycopg.connect(pg, autocommit=True) as connection:
        yield connection


@pytest.fixture
def fleet(env: dict[str, str], kafka_bootstrap: str, tmp_path: Path) -> Iterator[Fleet]:
    """Our processes on the module's databases and topics; each is started by the test, and ended after it."""
    with Fleet(env, tmp_path) as processes:
        yield processes
