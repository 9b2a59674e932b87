"""R-PAY-16, E-PAY-9: with capture=at_pick_up a card is authorized first; pick-up or an operator takes the money."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from msgspec import structs

from api.payments.gateway import Operation, Reply
from api.payments.service import CardNetwork
from tests import shop
from tests.api.conftest import NOBODY_LISTENS
from tests.api.reactor.order import Db, balance, order_of, reaches
from tests.api.reactor.test_methods import payment, report, with_parcel
from tests.api.serving import serving
from tests.line import eventually


@pytest.fixture(scope="module")
def api(pg: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An api that sets money aside at the confirmation."""
    home: Path = tmp_path_factory.mktemp("home")
    told = {"rate_limits": False, "kafka_bootstrap": NOBODY_LISTENS, "home": home, "platform_currency": "GBP"}
    with serving(**told, capture="at_pick_up") as address:
        yield address


@pytest.fixture
def authorized(buyer: httpx2.Client, product: str) -> dict[str, Any]:
    """An order of 24.00 that stands on an authorization, with its parcel."""
    order_id = order_of(buyer, product)
    answer = shop.pay(buyer, order_id).raise_for_status().json()
    assert (answer["status"], answer["authorized_minor"], answer["captured_minor"]) == ("processing", 2400, 0)
    reaches(buyer, order_id, "processing")
    return with_parcel(buyer, order_id)


def capture(operator: httpx2.Client, payment_id: str, minor: int | None = None, key: str = "") -> httpx2.Response:
    said = {} if minor is None else {"amount_minor": minor}
    headers = {"Idempotency-Key": key or str(uuid4())}
    return operator.post(f"/payments/{payment_id}/capture", json=said, headers=headers)


def test_the_first_pick_up_takes_the_money(
    buyer: httpx2.Client, seller: httpx2.Client, authorized: dict[str, Any], db: Db
) -> None:
    """R-PAY-16: nothing is booked before."""
    assert balance(db, authorized["id"]) == {}
    report(seller, authorized, "picked_up")
    assert payment(buyer, authorized["id"], "success")["captured_minor"] == 2400
    assert balance(db, authorized["id"])["gateway_clearing"] == -2400
    reaches(buyer, authorized["id"], "shipped")


def test_a_cancelled_order_lets_it_go(buyer: httpx2.Client, authorized: dict[str, Any], db: Db) -> None:
    """R-PAY-16: what is left uncaptured is voided at the gateway; the books know nothing of it."""
    buyer.post(f"/orders/{authorized['id']}/cancel", json={}).raise_for_status()
    ended = payment(buyer, authorized["id"], "cancelled")
    made = db.execute("SELECT kind, status FROM payment_operations WHERE payment_id = %s ORDER BY id", [ended["id"]])
    assert made.fetchall() == [("authorize", "succeeded"), ("void", "succeeded")]
    assert balance(db, authorized["id"]) == {}


def test_an_operator_takes_parts(
    buyer: httpx2.Client, seller: httpx2.Client, operator: httpx2.Client, authorized: dict[str, Any], db: Db
) -> None:
    """E-PAY-9: at most what is left; the parts add up to the sale to the cent, and a repeat takes nothing twice."""
    shop.sign_in_again(operator)
    payment_id, key = authorized["payment"]["id"], str(uuid4())
    first = capture(operator, payment_id, 1001, key).raise_for_status().json()
    assert (first["status"], first["captured_minor"]) == ("processing", 1001)
    assert capture(operator, payment_id, 1001, key).json() == first
    refused = capture(operator, payment_id, 1400)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/payment-state")
    wrong = capture(operator, payment_id, 0)
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "body.amount_minor")
    report(seller, authorized, "picked_up")
    assert payment(buyer, authorized["id"], "success")["captured_minor"] == 2400
    booked = balance(db, authorized["id"])
    assert (booked["gateway_clearing"], sum(booked.values())) == (-2400, 0)
    assert booked["commission_charged"] == -(booked["sales"] * 1000 // 10_000)
    units = db.execute(
        "SELECT sum(l.units) FROM journal_lines l JOIN journal_entries e ON e.id = l.entry_id "
        "WHERE e.order_id = %s AND l.account = 'sales'", [authorized["id"]],
    ).fetchone()  # fmt: skip
    assert units == (2,)


def test_a_part_taken_goes_back_and_the_rest_is_let_go(
    buyer: httpx2.Client, operator: httpx2.Client, authorized: dict[str, Any], db: Db
) -> None:
    """R-PAY-16, R-LED-3: the order is cancelled after a partial capture."""
    shop.sign_in_again(operator)
    capture(operator, authorized["payment"]["id"], 1001).raise_for_status()
    buyer.post(f"/orders/{authorized['id']}/cancel", json={}).raise_for_status()
    assert payment(buyer, authorized["id"], "refunded")["refunded_minor"] == 1001
    booked = balance(db, authorized["id"])
    assert (booked["gateway_clearing"], booked["sales"], booked["refunds"]) == (0, 1001, -1001)
    assert (booked["commission_charged"], booked["commission_income"]) == (0, 0)
    held = db.execute("SELECT authorized_minor - captured_minor FROM payments WHERE id = %s",
                      [authorized["payment"]["id"]])  # fmt: skip
    eventually(lambda: held.fetchone() == (0,))


def test_some_gateways_let_the_rest_go(  # noqa: PLR0917 - fixtures
    buyer: httpx2.Client, seller: httpx2.Client, operator: httpx2.Client, authorized: dict[str, Any], db: Db,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """R-PAY-16: those that capture once only, as Stripe does: a part is all, and nobody asks for more."""
    whole = CardNetwork.capture

    async def once(network: CardNetwork, operation: Operation, authorization: str) -> Reply:
        return structs.replace(await whole(network, operation, authorization), rest_released=True)

    monkeypatch.setattr(CardNetwork, "capture", once)
    shop.sign_in_again(operator)
    payment_id = authorized["payment"]["id"]
    taken = capture(operator, payment_id, 1001).raise_for_status().json()
    assert (taken["status"], taken["authorized_minor"], taken["captured_minor"]) == ("success", 1001, 1001)
    assert capture(operator, payment_id, 1).status_code == 409
    report(seller, authorized, "picked_up")
    reaches(buyer, authorized["id"], "shipped")
    made = db.execute("SELECT kind, status FROM payment_operations WHERE payment_id = %s ORDER BY id", [payment_id])
    assert made.fetchall() == [("authorize", "succeeded"), ("capture", "succeeded")]
    booked = balance(db, authorized["id"])
    assert (booked["gateway_clearing"], sum(booked.values())) == (-1001, 0)


def test_only_operators_capture(buyer: httpx2.Client, seller: httpx2.Client, authorized: dict[str, Any]) -> None:
    """E-PAY-9."""
    assert {capture(one, authorized["payment"]["id"]).status_code for one in (buyer, seller)} == {403}


def test_an_unknown_payment_is_not_found(operator: httpx2.Client, saga: str) -> None:
    shop.sign_in_again(operator)
    assert capture(operator, str(uuid4())).status_code == 404
