"""Buyers of a benchmark: accounts made by a statement, signed in by tokens, and what each does over HTTP."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import orjson
import psycopg
from joserfc.jwk import OKPKey

from api import ids, tokens
from bench.core._http import Connection, request
from tests import shop

_ACCOUNTS = """
WITH made AS (
    INSERT INTO users (id, email, first_name, last_name, phone)
    SELECT id, id || '@x.example', 'Ayu', 'Lestari', '+1' FROM unnest(%s::uuid[]) AS n (id) RETURNING id, email
)
INSERT INTO credentials (id, user_id, email, password_hash) SELECT uuidv7(), id, email, '-' FROM made
"""
DONE = ("processing", "cancelled")


class Buyer(NamedTuple):
    """A signed-in account."""

    user_id: UUID
    token: str

    def ask(self, method: str, path: str, body: object = None) -> bytes:
        """A request of this buyer, with an Idempotency-Key as shops send it with what changes something."""
        headers = {"Authorization": f"Bearer {self.token}"}
        if method != "GET":
            headers["Idempotency-Key"] = str(ids.new())
        return request(method, f"/v1{path}", body, headers)


def buyers(dsn: str, environment: Mapping[str, str], count: int) -> list[Buyer]:
    """New accounts without a cart."""
    people = [ids.new() for _ in range(count)]
    with psycopg.connect(dsn) as connection:
        connection.execute(_ACCOUNTS, [people])
    return signed_in(environment, people)


def signed_in(environment: Mapping[str, str], people: Sequence[UUID]) -> list[Buyer]:
    """Accounts with access tokens."""
    key, moment = OKPKey.import_key(orjson.loads(environment["ATLANTIC_JWT_PRIVATE_KEY"])), datetime.now(UTC)
    until = moment + timedelta(hours=1)
    identities = [tokens.Identity(user, frozenset({"shopper"}), None, ids.new(), until) for user in people]
    return [Buyer(one.user_id, tokens.mint(key, one, moment)) for one in identities]


async def buy(connection: Connection, buyer: Buyer, product_ids: Sequence[UUID]) -> UUID | None:
    """A whole purchase by card, as far as the shopper's part goes: the order's id; None when the goods are gone."""
    for product_id in product_ids:
        line = {"product_id": str(product_id), "quantity": 1}
        added = await connection.ask(buyer.ask("POST", "/cart/items", line))
        if added.status == 409:
            return None
        added.json()
    address = await _json(connection, buyer, "/users/me/addresses", shop.ADDRESS)
    await _json(connection, buyer, "/shipping/rates", {"destination": {"address_id": address["id"]}})
    placed = await connection.ask(buyer.ask("POST", "/checkout", {"address_id": address["id"]}))
    if placed.status == 409:
        return None
    order_id = placed.json()["order"]["id"]
    intent = await _json(connection, buyer, "/payments/intent", {"order_id": order_id})
    paid = {"payment_id": intent["id"], "gateway_token": shop.APPROVED}
    assert (await _json(connection, buyer, "/payments/confirm", paid))["status"] == "success"
    return UUID(order_id)


async def _json(connection: Connection, buyer: Buyer, path: str, body: object) -> Any:
    return (await connection.ask(buyer.ask("POST", path, body))).json()


async def settled(dsn: str, orders: Sequence[UUID], within: float = 120) -> None:
    """Return when the sagas of all orders have come to their end; AssertionError when they do not."""
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        for _ in range(int(within / 0.1)):
            counted = await connection.execute(
                "SELECT count(*) FROM orders WHERE id = ANY(%s) AND status = ANY(%s)", [list(orders), list(DONE)]
            )
            if await counted.fetchone() == (len(orders),):
                return
            await asyncio.sleep(0.1)
        stand = await connection.execute(
            "SELECT status, count(*) FROM orders WHERE id = ANY(%s) GROUP BY status", [list(orders)]
        )
        waiting = await (await connection.execute("SELECT count(*) FROM outbox")).fetchone()
        where = f"they are {await stand.fetchall()}, {waiting} facts wait to be published"
    raise AssertionError(f"not all of {len(orders)} orders were processed within {within} s: {where}")


def in_turn(product_ids: Sequence[UUID], lines: int) -> Iterator[list[UUID]]:
    """Baskets of so many products each, neighbours having different ones, for ever."""
    at = 0
    while True:
        yield [product_ids[(at + line) % len(product_ids)] for line in range(lines)]
        at += lines
