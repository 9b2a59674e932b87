"""Shoppers to whom goods have come, made without waiting for parcels."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import httpx2
import psycopg

from tests import shop

Db = psycopg.Connection[Any]


def ordered(shopper: httpx2.Client, product: str) -> str:
    """One unit on order: the order's id."""
    shop.put_in_cart(shopper, product, 1)
    order_id: str = shop.checkout(shopper)["id"]
    return order_id


def deliver(db: Db, order_id: str, status: str = "delivered") -> None:
    """The order has arrived."""
    db.execute("UPDATE orders SET status = %s, delivered_at = now() WHERE id = %s", [status, order_id])


def buyer(api: str, db: Db, product: str) -> httpx2.Client:
    """A new shopper who has got one unit of a product."""
    client = shop.account(api)
    deliver(db, ordered(client, product))
    return client


@contextmanager
def buyers(api: str, db: Db, product: str, count: int) -> Iterator[list[httpx2.Client]]:
    """Several of them, signed in for the time of the block."""
    with ExitStack() as open_clients:
        yield [open_clients.enter_context(closing(buyer(api, db, product))) for _ in range(count)]


def write(shopper: httpx2.Client, product: str, rating: int, comment: str | None = None) -> dict[str, Any]:
    """A review of a product."""
    body = {"product_id": product, "rating": rating} | ({"comment": comment} if comment else {})
    answer: dict[str, Any] = shopper.post("/reviews", json=body).raise_for_status().json()
    return answer


def facts(db: Db, review_id: str) -> list[tuple[str, int, dict[str, Any]]]:
    """What was told of a review: event, sequence and what the payload says beside its ids."""
    rows = db.execute(
        "SELECT fact ->> 'event', (fact ->> 'aggregate_seq')::int, (fact -> 'payload') "
        "- '{review_id,product_id,seller_id,user_id}'::text[] "
        "FROM (SELECT id, convert_from(line, 'utf8')::jsonb AS fact FROM outbox) o "
        "WHERE fact ->> 'aggregate_id' = %s ORDER BY id",
        [review_id],
    )
    return list(rows)
