"""What each call of a purchase asks the database, transaction marks included: a later change is not to add to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

from tests import shop
from tests.api.base.listening import Sent, heard, listening, read_whole

MOST = {
    "/users/me/addresses": 2,
    "/cart/items": 2,
    "/shipping/rates": 1,
    "/checkout": 2,
    "/payments/intent": 2,
    "/payments/confirm": 3,
}
"""With an Idempotency-Key. The gateway's own note counts, what follows the fact does not."""


@contextmanager
def marked() -> Iterator[list[str]]:
    """The commits and roll-backs that are sent while the block runs; each stands for a BEGIN as well."""
    marks: list[str] = []

    def committed(connection: Connection) -> None:
        if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
            marks.append("COMMIT")

    event.listen(Engine, "commit", committed)
    try:
        yield marks
    finally:
        event.remove(Engine, "commit", committed)


def _bought(shopper: httpx2.Client, product: str) -> dict[str, int]:
    """Buys; how many statements each call took."""
    sent: dict[str, int] = {}

    def ask(path: str, body: object) -> httpx2.Response:
        with heard() as statements, marked() as marks:
            answer = shopper.post(path, json=body, headers={"Idempotency-Key": str(uuid4())}).raise_for_status()
        sent[path] = len(statements) + 2 * len(marks)
        return answer

    address = ask("/users/me/addresses", shop.ADDRESS).json()["id"]
    ask("/cart/items", {"product_id": product, "quantity": 1})
    ask("/shipping/rates", {"destination": {"address_id": address}})
    order = ask("/checkout", {"address_id": address}).json()["order"]["id"]
    payment = ask("/payments/intent", {"order_id": order}).json()["id"]
    ask("/payments/confirm", {"payment_id": payment, "gateway_token": shop.APPROVED})
    return sent


def test_a_purchase_asks_the_database_no_more_than_it_must(shopper: httpx2.Client, seller: httpx2.Client) -> None:
    product = shop.product(seller, price=1200, stock=10)
    _bought(shopper, product)  # the first one makes the test gateway's tables
    sent = _bought(shopper, product)
    assert {path: count for path, count in sent.items() if count > MOST[path]} == {}, sent


def test_a_purchase_reads_no_table_whole(
    shopper: httpx2.Client, seller: httpx2.Client, db: psycopg.Connection[Any]
) -> None:
    """R-NFR-4."""
    product = shop.product(seller, price=1200, stock=10)
    _bought(shopper, product)  # as above
    sent: list[Sent] = []
    with listening(sent.append):
        _bought(shopper, product)
    assert {table for each in sent for table in read_whole(db, each)} == set()
