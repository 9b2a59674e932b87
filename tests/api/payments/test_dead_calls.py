"""R-API-10 where a call is several transactions: one that died after its effect is repeated, nothing is done twice."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest

from tests import shop

Db = psycopg.Connection[tuple[Any, ...]]
_LEASE = "UPDATE idempotency_keys SET created_at = created_at - interval '61 seconds' WHERE status IS NULL"


@contextmanager
def dying(db: Db) -> Iterator[None]:
    """Calls come as far as the answer that they would keep: their effect is committed, they get no further."""
    db.execute("CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''dead''; END'")
    db.execute(
        "CREATE TRIGGER dead BEFORE UPDATE ON idempotency_keys FOR EACH ROW WHEN (NEW.status IS NOT NULL) "
        "EXECUTE FUNCTION die()"
    )
    try:
        yield
    finally:
        db.execute("DROP TRIGGER dead ON idempotency_keys")
        db.execute("DROP FUNCTION die")


def dead_then_alive(db: Db, client: httpx2.Client, path: str, body: dict[str, Any]) -> httpx2.Response:
    """The answer to the repeat of a call that died; a further repeat must get the same."""
    headers = {"Idempotency-Key": str(uuid4())}
    with dying(db):
        assert client.post(path, json=body, headers=headers).status_code == 500
    db.execute(_LEASE)
    answer, again = (client.post(path, json=body, headers=headers) for _ in range(2))
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (again.status_code, again.content) == (answer.status_code, answer.content)
    return answer


def charges(db: Db) -> int:
    row = db.execute("SELECT count(*) FROM card_network.operations WHERE outcome = 'succeeded'").fetchone()
    assert row
    return int(row[0])


@pytest.fixture
def charged(shopper: httpx2.Client, seller: httpx2.Client, db: Db) -> int:
    """How many charges the card network holds, which has seen one before."""
    shop.buy(shopper, shop.product(seller, price=100, stock=1), 1).raise_for_status()
    return charges(db)


def test_a_top_up_that_died_is_not_charged_twice(shopper: httpx2.Client, db: Db, charged: int) -> None:
    """The repeat gives the top-up that the dead call had made."""
    said = {"amount_minor": 5000, "currency": "GBP", "gateway_token": shop.APPROVED}
    answer = dead_then_alive(db, shopper, "/wallet/top-ups", said)
    assert (answer.status_code, answer.json()["status"]) == (201, "succeeded")
    assert charges(db) == charged + 1
    (wallet,) = shopper.get("/wallet", params={"currency": "GBP"}).json()["items"]
    assert wallet["balance_minor"] == 5000


@pytest.mark.parametrize(("card", "status", "sold"), [(shop.APPROVED, 200, 1), (shop.DECLINED, 402, 0)])
def test_a_payment_that_died_is_answered_as_it_ended(
    shopper: httpx2.Client, seller: httpx2.Client, db: Db, *, charged: int, card: str, status: int, sold: int
) -> None:
    """Paid or declined: the repeat says which, as the dead call would have."""
    shop.put_in_cart(shopper, shop.product(seller, price=700, stock=1), 1)
    order_id = shop.checkout(shopper)["id"]
    intent = shopper.post("/payments/intent", json={"order_id": order_id}).raise_for_status().json()
    said = {"payment_id": intent["id"], "gateway_token": card}
    answer = dead_then_alive(db, shopper, "/payments/confirm", said)
    assert answer.status_code == status, answer.text
    assert charges(db) == charged + sold


def test_a_capture_that_died_takes_its_part_once(
    shopper: httpx2.Client, seller: httpx2.Client, operator: httpx2.Client, db: Db, charged: int
) -> None:
    """E-PAY-9: a part of what was set aside; the repeat must not take another."""
    shop.put_in_cart(shopper, shop.product(seller, price=1000, stock=1), 1)
    order_id = shop.checkout(shopper)["id"]
    payment = shopper.post("/payments/intent", json={"order_id": order_id}).raise_for_status().json()["id"]
    set_aside(db, payment, 1000)
    answer = dead_then_alive(db, operator, f"/payments/{payment}/capture", {"amount_minor": 400})
    assert (answer.status_code, answer.json()["captured_minor"]) == (200, 400)


def set_aside(db: Db, payment_id: str, minor: int) -> None:
    """The card network and the core know of an authorization."""
    reference = f"au_{uuid4().hex[:24]}"
    db.execute(
        "INSERT INTO card_network.operations (idempotency_ref, reference, kind, amount_minor, currency, outcome, "
        "refunds, settles_at) VALUES (%s, %s, 'authorize', %s, 'GBP', 'succeeded', 'succeeded', now())",
        [f"charge:{payment_id}", reference, minor],
    )
    db.execute(
        "UPDATE payments SET status = 'processing', authorized_minor = %s, gateway_transaction_id = %s WHERE id = %s",
        [minor, reference, payment_id],
    )
