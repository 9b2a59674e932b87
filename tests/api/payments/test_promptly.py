"""What changes between the look at a payment and what follows from it: the longer way finds out, nothing is twice."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest

from tests import shop
from tests.api.payments.test_payments import confirm, intent
from tests.locks import until_somebody_waits

Db = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture
def order(shopper: httpx2.Client, seller: httpx2.Client) -> dict[str, Any]:
    """A pending order of 2 x 12.00, at a gateway that is known."""
    shop.buy(shopper, shop.product(seller, price=100, stock=1), 1).raise_for_status()
    shop.put_in_cart(shopper, shop.product(seller, price=1200, stock=10), 2)
    return shop.checkout(shopper)


@pytest.fixture
def meanwhile(pg: str) -> Iterator[Db]:
    """Somebody else's transaction."""
    with psycopg.connect(pg) as other:
        yield other


def test_an_order_that_changes_while_its_payment_is_begun(
    shopper: httpx2.Client, order: dict[str, Any], meanwhile: Db, pg: str, db: Db
) -> None:
    """R-PAY-5, R-API-10: the payment is begun all the same, once, and its answer kept."""
    meanwhile.execute("UPDATE orders SET version = version + 1 WHERE id = %s", [order["id"]])
    said, headers = {"order_id": order["id"]}, {"Idempotency-Key": str(uuid4())}
    with ThreadPoolExecutor(1) as window:
        begun = window.submit(shopper.post, "/payments/intent", json=said, headers=headers)
        until_somebody_waits(pg)
        meanwhile.commit()
        answer = begun.result().raise_for_status()
    again = shopper.post("/payments/intent", json=said, headers=headers)
    assert (again.headers["Idempotent-Replayed"], again.content) == ("true", answer.content)
    assert db.execute("SELECT count(*) FROM payments WHERE order_id = %s", [order["id"]]).fetchone() == (1,)


def test_a_payment_that_is_begun_twice_at_once_is_one(shopper: httpx2.Client, order: dict[str, Any], db: Db) -> None:
    """R-PAY-5: without a key, too."""
    with ThreadPoolExecutor(6) as windows:
        begun = list(windows.map(lambda _: intent(shopper, order)["id"], range(6)))
    assert len(set(begun)) == 1
    told = "SELECT count(*) FROM outbox WHERE topic = 'payments' AND convert_from(line, 'UTF8') LIKE %s"
    assert db.execute(told, [f"%payment.created%{begun[0]}%"]).fetchone() == (1,)


def test_a_payment_that_changes_while_the_gateway_decides_is_booked_once(
    shopper: httpx2.Client, order: dict[str, Any], meanwhile: Db, pg: str, db: Db
) -> None:
    """R-PAY-6: whoever brings the answer books it on the row as it is then."""
    payment = intent(shopper, order)["id"]
    meanwhile.execute("LOCK TABLE card_network.operations IN ACCESS EXCLUSIVE MODE")
    with ThreadPoolExecutor(1) as window:
        paying = window.submit(confirm, shopper, payment, shop.APPROVED, str(uuid4()))
        until_somebody_waits(pg)
        db.execute("UPDATE payments SET version = version + 1 WHERE id = %s", [payment])
        meanwhile.commit()
        paid = paying.result().raise_for_status().json()
    assert (paid["status"], paid["version"], paid["captured_minor"]) == ("success", 3, 2400)
    sales = "SELECT count(*) FROM journal_entries WHERE kind = 'sale' AND cause_id = %s"
    assert db.execute(sales, [payment]).fetchone() == (1,)
