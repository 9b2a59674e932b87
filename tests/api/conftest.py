"""An api for each test module, on its own database, with Kafka away unless the module asks for it (R-API-16)."""

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import httpx2
import psycopg
import pytest
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from api import db as pools
from tests import shop
from tests.api import second_connection
from tests.api.running import reactor, relay
from tests.api.serving import serving

NOBODY_LISTENS = "127.0.0.1:9"


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> None:
    """Log lines as the processes write them, to standard error; the default draws every frame's variables."""
    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.processors.JSONRenderer()],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


@pytest.fixture(scope="session")
def second_connections() -> Iterator[list[str]]:
    """Calls that asked for a connection while they held one."""
    with second_connection.watched() as found:
        yield found


@pytest.fixture(autouse=True)
def one_connection_a_call(second_connections: list[str]) -> Iterator[None]:
    """A crowd of calls that each need two connections holds all of them until its time is up."""
    yield
    calls, second_connections[:] = set(second_connections), []
    assert calls == set()


@pytest.fixture(scope="module")
def api(pg: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an api without rate limits and without Kafka."""
    home: Path = tmp_path_factory.mktemp("home")
    with serving(rate_limits=False, kafka_bootstrap=NOBODY_LISTENS, home=home, platform_currency="GBP") as address:
        yield address


@pytest.fixture(scope="module")
def saga(api: str, kafka_bootstrap: str) -> Iterator[str]:
    """Address of an api whose facts are relayed and reacted to."""
    with relay(), reactor(api_url=api):
        yield api


@pytest.fixture
async def pool(pg: str) -> AsyncIterator[AsyncEngine]:
    """A process's connections to the module's database."""
    engine = pools.engine(pg, size=8)
    yield engine
    await engine.dispose()


@pytest.fixture(scope="module")
def db(pg: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """An autocommitting connection to the module's database."""
    with psycopg.connect(pg, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def operator(api: str, db: psycopg.Connection[tuple[object, ...]]) -> Iterator[httpx2.Client]:
    """A signed-in operator."""
    with closing(shop.account(api)) as client:
        db.execute("UPDATE users SET roles = '{shopper,operator}' WHERE email = %s", [client.headers["X-Person"]])
        yield client


@pytest.fixture(scope="module")
def category(operator: httpx2.Client) -> str:
    """A category's id; there must be one before products are listed."""
    answer = operator.post("/categories", json={"name": "Kitchen"})
    category_id: str = answer.raise_for_status().json()["id"]
    return category_id


@pytest.fixture(scope="module")
def seller(api: str, category: str) -> Iterator[httpx2.Client]:
    """A signed-in seller in GBP."""
    with closing(shop.seller(api)[0]) as client:
        yield client


@pytest.fixture
def shopper(api: str) -> Iterator[httpx2.Client]:
    """A new signed-in shopper."""
    with closing(shop.account(api)) as client:
        yield client
