"""Refunds into the wallet: at once, whatever the order was paid with, and in the books (R-PAY-13)."""

from typing import Any

import httpx2
import psycopg
import pytest

from tests import shop
from tests.api.complaints import people
from tests.api.payments.test_wallet import balance, begin, lines, order, pay, top_up

Db = psycopg.Connection[tuple[Any, ...]]


@pytest.mark.parametrize(("method", "target"), [("card", "wallet"), ("wallet", "original")])
def test_a_refund_into_the_wallet_is_there_at_once(  # noqa: PLR0917 - fixtures
    shopper: httpx2.Client, seller: httpx2.Client, operator: httpx2.Client, db: Db, method: str, target: str
) -> None:
    """R-PAY-13, R-LED-3: no gateway call; what a wallet paid goes back into it whatever the target."""
    top_up(shopper)
    order_id = order(shopper, seller, method=method)
    said = {"payment_id": begin(shopper, order_id)} | ({"gateway_token": shop.APPROVED} if method == "card" else {})
    shopper.post("/payments/confirm", json=said).raise_for_status()
    before = balance(shopper)
    shop.sign_in_again(operator)
    wish = {"order_id": order_id, "amount_minor": 1000, "reason": "a scratch", "target": target}
    refund = operator.post("/refunds", json=wish).raise_for_status().json()
    assert (refund["status"], refund["target"], balance(shopper)) == ("succeeded", "wallet", before + 1000)
    payment = shopper.get(f"/orders/{order_id}").json()["payment"]
    assert (payment["status"], payment["refunded_minor"]) == ("success", 1000)
    asked = db.execute("SELECT count(*) FROM payment_operations WHERE payment_id = %s AND kind = 'refund'",
                       [payment["id"]])  # fmt: skip
    assert asked.fetchone() == (0,)
    booked = lines(db, order_id)
    money = {account: minor for account, minor in booked.items() if account in ("gateway_clearing", "wallet_liability")}
    assert money == ({"gateway_clearing": -2400, "wallet_liability": 1000} if method == "card" else
                     {"wallet_liability": -1400})  # fmt: skip
    assert sum(booked.values()) == 0


def test_a_wish_for_the_wallet_waits_for_its_decision(
    shopper: httpx2.Client, seller: httpx2.Client, operator: httpx2.Client
) -> None:
    """R-PAY-11, R-PAY-13."""
    top_up(shopper, 2400)
    order_id = order(shopper, seller)
    pay(shopper, order_id).raise_for_status()
    wish = shopper.post("/refunds", json={"order_id": order_id, "reason": "too small"}).raise_for_status().json()
    assert (wish["status"], balance(shopper)) == ("requested", 0)
    shop.sign_in_again(operator)
    decided = operator.post(f"/refunds/{wish['id']}/decision", json={"decision": "approve"}).raise_for_status().json()
    assert (decided["status"], balance(shopper)) == ("succeeded", 2400)


def erase(shopper: httpx2.Client) -> httpx2.Response:
    return shopper.request("DELETE", "/users/me", json={"password": shop.PASSWORD})


def arrived(shopper: httpx2.Client, seller: httpx2.Client, db: Db, method: str) -> str:
    """A paid order whose goods have come: nothing else keeps its shopper."""
    if method == "wallet":
        top_up(shopper, 2400)
    order_id = order(shopper, seller, method=method)
    said = {"payment_id": begin(shopper, order_id)} | ({"gateway_token": shop.APPROVED} if method == "card" else {})
    shopper.post("/payments/confirm", json=said).raise_for_status()
    people.arrived(db, order_id)
    return order_id


def test_a_refund_under_way_keeps_the_account(
    shopper: httpx2.Client, seller: httpx2.Client, operator: httpx2.Client, db: Db
) -> None:
    """R-USR-15, R-PAY-13: it was approved afterwards, into a wallet that nobody could open any more."""
    order_id = arrived(shopper, seller, db, "card")
    wish = {"order_id": order_id, "reason": "too small", "amount_minor": 100, "target": "wallet"}
    asked = shopper.post("/refunds", json=wish).raise_for_status().json()
    kept = erase(shopper)
    assert (kept.status_code, kept.json()["type"], kept.json()["orders"]) == (409, "/problems/open-obligations", 1)
    shop.sign_in_again(operator)
    operator.post(f"/refunds/{asked['id']}/decision", json={"decision": "reject"}).raise_for_status()
    assert erase(shopper).status_code == 202


def test_store_credit_on_its_way_keeps_the_account(
    shopper: httpx2.Client, seller: httpx2.Client, operator: httpx2.Client, db: Db
) -> None:
    """R-USR-15, R-ORD-20: between the verdict and its settling, which waits for the log."""
    order_id = arrived(shopper, seller, db, "card")
    people.complain(shopper, order_id).raise_for_status()
    shop.sign_in_again(operator)
    people.resolve(operator, order_id, "store_credit", amount_minor=100).raise_for_status()
    assert (erase(shopper).status_code, balance(shopper)) == (409, 0)


@pytest.mark.parametrize("how", ["cancelled", "returned", "complaint"])
def test_money_that_follows_from_a_fact_keeps_the_account(
    shopper: httpx2.Client, seller: httpx2.Client, operator: httpx2.Client, db: Db, how: str
) -> None:
    """R-USR-15, R-PAY-11: between what was told and its refund, which waits for the log and goes into the wallet."""
    if how == "cancelled":
        top_up(shopper, 2400)
        order_id = order(shopper, seller)
        pay(shopper, order_id).raise_for_status()
        shopper.post(f"/orders/{order_id}/cancel", json={}).raise_for_status()
    else:
        order_id = arrived(shopper, seller, db, "wallet")
    if how == "returned":
        shopper.post(f"/orders/{order_id}/return", json={"reason": "other"}).raise_for_status()
        seller.post(f"/orders/{order_id}/return/receive", json={}).raise_for_status()
    if how == "complaint":
        people.complain(shopper, order_id).raise_for_status()
        shop.sign_in_again(operator)
        people.resolve(operator, order_id, "refund", amount_minor=100).raise_for_status()
    kept = erase(shopper)
    assert (kept.status_code, balance(shopper)) == (409, 0)
    assert kept.json()["orders"] == 1


@pytest.mark.parametrize("method", ["card", "wallet"])
def test_nothing_goes_into_the_wallet_of_nobody(
    shopper: httpx2.Client, seller: httpx2.Client, operator: httpx2.Client, db: Db, method: str
) -> None:
    """R-USR-15, R-PAY-13: a card can still be paid back; what a wallet paid has no way back."""
    order_id = arrived(shopper, seller, db, method)
    assert erase(shopper).status_code == 202
    shop.sign_in_again(operator)
    wish = {"order_id": order_id, "reason": "a scratch", "amount_minor": 100}
    refused = operator.post("/refunds", json={**wish, "target": "wallet"})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/payment-state")
    answer = operator.post("/refunds", json=wish)
    assert answer.status_code == (201 if method == "card" else 409), answer.text
    left = db.execute(
        "SELECT coalesce(sum(balance_minor), 0)::bigint FROM wallets w JOIN orders o USING (user_id) WHERE o.id = %s",
        [order_id],
    )
    assert left.fetchone() == (0,)
