"""Facts that happen, and a sender of messages, in this process."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import psycopg
import pytest

from api import db as database
from api import ids, outbox
from api.channels import open_sender
from api.notifications import service
from api.notifications.dispatcher import Dispatcher
from api.settings import ChannelSettings
from streams.events import Event
from tests import shop
from tests.line import eventually

Db = psycopg.Connection[tuple[Any, ...]]
Happened = Callable[..., UUID]
SECRET = "a secret that signs links"


@pytest.fixture
def happened(pg: str) -> Happened:
    """Tell a fact as the reactor would; its id."""

    def happen(fact: Event, event_id: UUID | None = None) -> UUID:
        cause = event_id or ids.new()
        asyncio.run(_tell(pg, fact, cause))
        return cause

    return happen


async def _tell(pg: str, fact: Event, cause: UUID) -> None:
    pool = database.engine(pg, size=1)
    outbox.causation_id.set(cause)
    try:
        async with database.transaction(pool) as conn:
            await service.tell(conn, fact)
    finally:
        await pool.dispose()


@asynccontextmanager
async def sending(*, mail_url: str = "", home: Path = Path("/nonexistent")) -> AsyncIterator[None]:
    """A sender of messages while the block runs."""
    pool, stop = database.engine(os.environ["ATLANTIC_POSTGRES_DSN"], size=4), asyncio.Event()
    sender = open_sender(ChannelSettings(home=home, mail_url=mail_url, mail_from="Atlantic <shop@atlantic.example>"))
    post = Dispatcher(pool, sender, public_url="https://shop.example", secret=SECRET)
    task = asyncio.create_task(post.run(stop))
    try:
        yield
    finally:
        stop.set()
        await task
        await sender.close()
        await pool.dispose()


async def until(seen: Callable[[], object], within: float = 10) -> None:
    """Wait for something without holding up the sender."""
    await asyncio.to_thread(eventually, seen, within=within, every=0.05)


def user_of(client: httpx2.Client) -> UUID:
    return UUID(client.get("/users/me").raise_for_status().json()["id"])


def messages(db: Db, user: UUID, **equal: object) -> list[dict[str, Any]]:
    """The rows of an account's messages, in their order."""
    where = "".join(f" AND {name} = %({name})s" for name in equal)
    with db.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        found: list[dict[str, Any]] = cursor.execute(
            f"SELECT * FROM notifications WHERE user_id = %(user)s{where} ORDER BY id", {"user": user, **equal}
        ).fetchall()
    return found


@pytest.fixture
def reader(api: str) -> Iterator[httpx2.Client]:
    """A new signed-in shopper, to whom nothing was written yet."""
    with closing(shop.account(api)) as client:
        yield client


def told_to(db: Db, user: UUID) -> list[tuple[str, str, str]]:
    """Kind, channel and words of an account's messages."""
    return sorted((row["type"], row["channel"], row["template"]) for row in messages(db, user))


@pytest.fixture
def product(seller: httpx2.Client, db: Db) -> str:
    db.execute("DELETE FROM notifications")
    return shop.product(seller, price=1200, stock=10)


@pytest.fixture
def order(reader: httpx2.Client, product: str) -> UUID:
    shop.put_in_cart(reader, product, 2)
    return UUID(shop.checkout(reader)["id"])
