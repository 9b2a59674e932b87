"""Whose money a refund is: a seller grants, sees and decides on own money only, and nothing goes back twice."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any
from uuid import UUID

import httpx2
import psycopg
import pytest

from api import db as database
from api.payments import service as payments
from tests import shop

Db = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture(scope="module")
def other(api: str, category: str) -> Iterator[httpx2.Client]:
    """A second signed-in seller in GBP."""
    with closing(shop.seller(api)[0]) as client:
        yield client


@pytest.fixture
def shared(shopper: httpx2.Client, seller: httpx2.Client, other: httpx2.Client) -> str:
    """A paid order: a line of 10.00 of `seller`, one of 1.00 of `other`; its id."""
    shop.put_in_cart(shopper, shop.product(seller, price=1000, stock=10), 1)
    shop.put_in_cart(shopper, shop.product(other, price=100, stock=10), 1)
    order_id: str = shop.checkout(shopper)["id"]
    shop.pay(shopper, order_id).raise_for_status()
    return order_id


def ask(caller: httpx2.Client, order_id: str, amount: int | None = None) -> httpx2.Response:
    return caller.post("/refunds", json={"order_id": order_id, "amount_minor": amount, "reason": "it leaks"})


def decide(caller: httpx2.Client, refund_id: str, decision: str, note: str | None = None) -> httpx2.Response:
    return caller.post(f"/refunds/{refund_id}/decision", json={"decision": decision, "note": note})


def listed(caller: httpx2.Client, order_id: str) -> list[int]:
    found = caller.get("/refunds", params={"order_id": order_id}).raise_for_status().json()["items"]
    return sorted(refund["amount_minor"] for refund in found)


def fail(db: Db, refund_id: str) -> None:
    """The gateway has given a refund up."""
    db.execute("UPDATE refunds SET status = 'failed', next_attempt_at = NULL WHERE id = %s", [refund_id])


def delivered(db: Db, order_id: str) -> None:
    db.execute("UPDATE orders SET status = 'delivered', delivered_at = now() WHERE id = %s", [order_id])


def borne(db: Db, order_id: str) -> dict[str, int]:
    """What each seller's books gave back for an order."""
    rows = db.execute(
        "SELECT l.seller_id::text, sum(l.debit_minor)::bigint FROM journal_lines l "
        "JOIN journal_entries e ON e.id = l.entry_id WHERE e.order_id = %s AND l.account = 'refunds' GROUP BY 1",
        [order_id],
    )
    return {str(seller_id): int(total) for seller_id, total in rows}


async def settle(pg: str, *refund_ids: str) -> None:
    """Have refunds paid and booked, one after the other."""
    pool = database.engine(pg, size=2)
    try:
        for refund_id in refund_ids:
            await payments.pay_back(pool, payments.gateways(pool, "a secret of the gateway"), UUID(refund_id))
    finally:
        await pool.dispose()


async def follow(pg: str, wish: payments.Wish) -> None:
    """A rule asks money back, as the reactor does."""
    pool = database.engine(pg, size=1)
    try:
        async with database.transaction(pool) as conn:
            await payments.follow(conn, wish)
    finally:
        await pool.dispose()


@pytest.mark.parametrize("code", ["x" * 41, "Zebedee, +44 20 7946 0958", ""])
def test_a_reason_code_is_a_code(shopper: httpx2.Client, shared: str, code: str) -> None:
    """R-EVT-8: it stands in events, as a sentence may not; one of 41 characters failed the call."""
    wish = {"order_id": shared, "amount_minor": 1, "reason": "it leaks", "reason_code": code}
    answer = shopper.post("/refunds", json=wish)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body.reason_code")


def test_a_wish_of_several_sellers_is_decided_by_none_of_them(
    shopper: httpx2.Client, seller: httpx2.Client, other: httpx2.Client, operator: httpx2.Client, shared: str
) -> None:
    """E-PAY-8, R-SEL-1: neither one of the sellers decides on it or sees it; the operator does."""
    wish = ask(shopper, shared).raise_for_status().json()
    for one in (seller, other):
        assert listed(one, shared) == []
        assert one.get(f"/refunds/{wish['id']}").status_code == 404
        for decision in ("approve", "reject", "retry"):
            assert decide(one, wish["id"], decision).status_code == 404
    assert decide(shopper, wish["id"], "approve").status_code == 403
    shop.sign_in_again(operator)
    assert decide(operator, wish["id"], "approve").json()["status"] == "approved"


def test_a_seller_decides_alone_on_an_order_of_own_lines(shopper: httpx2.Client, seller: httpx2.Client) -> None:
    """E-PAY-8."""
    shop.put_in_cart(shopper, shop.product(seller, price=500, stock=1), 1)
    order_id = shop.checkout(shopper)["id"]
    shop.pay(shopper, order_id).raise_for_status()
    wish = ask(shopper, order_id).raise_for_status().json()
    assert listed(seller, order_id) == [500]
    assert decide(seller, wish["id"], "approve").json()["status"] == "approved"


def test_a_shopper_reads_why_a_wish_was_refused(shopper: httpx2.Client, seller: httpx2.Client, db: Db) -> None:
    """E-PAY-8: whoever decides says why; a later decision without a word leaves the words there are."""
    shop.put_in_cart(shopper, shop.product(seller, price=500, stock=1), 1)
    order_id = shop.checkout(shopper)["id"]
    shop.pay(shopper, order_id).raise_for_status()
    refused, granted = (ask(shopper, order_id, 100).raise_for_status().json() for _ in range(2))
    assert (refused["decision_note"], refused["reason"]) == (None, "it leaks")
    assert decide(seller, refused["id"], "reject", "It is a sieve").json()["decision_note"] == "It is a sieve"
    assert shopper.get(f"/refunds/{refused['id']}").json()["decision_note"] == "It is a sieve"
    assert decide(seller, granted["id"], "approve", "Fair enough").json()["decision_note"] == "Fair enough"
    fail(db, granted["id"])
    assert decide(seller, granted["id"], "retry").json()["decision_note"] == "Fair enough"
    items = shopper.get("/refunds", params={"order_id": order_id, "sort": "created_at"}).json()["items"]
    assert [item["decision_note"] for item in items] == ["It is a sieve", "Fair enough"]


def test_a_grant_is_seen_and_retried_by_its_seller_only(
    seller: httpx2.Client, other: httpx2.Client, shared: str, db: Db
) -> None:
    """E-PAY-6, E-PAY-8, R-SEL-1."""
    grant = ask(other, shared, 40).raise_for_status().json()
    fail(db, grant["id"])
    assert (listed(other, shared), listed(seller, shared)) == ([40], [])
    assert decide(seller, grant["id"], "retry").status_code == 404
    assert decide(other, grant["id"], "retry").json()["status"] == "approved"


def test_a_seller_grants_no_more_than_own_lines_cost(other: httpx2.Client, seller: httpx2.Client, shared: str) -> None:
    """R-PAY-10: what is granted and not paid yet counts too."""
    assert ask(other, shared, 70).status_code == 201
    refused = ask(other, shared, 40)
    assert (refused.status_code, refused.json()["refundable_minor"]) == (409, 30)
    assert ask(other, shared).json()["amount_minor"] == 30
    assert ask(other, shared, 1).status_code == 409
    assert ask(seller, shared).json()["amount_minor"] == 1000


async def test_no_seller_bears_what_another_granted(
    other: httpx2.Client, operator: httpx2.Client, shared: str, db: Db, pg: str
) -> None:
    """R-LED-3: a refund of the whole order that is paid first leaves a seller's grant to that seller's lines."""
    shop.sign_in_again(operator)
    grant = ask(other, shared, 100).raise_for_status().json()
    general = ask(operator, shared, 550).raise_for_status().json()
    await settle(pg, general["id"], grant["id"])
    back = borne(db, shared)
    assert (back.pop(other.headers["X-Seller"]), list(back.values())) == (100, [550])


async def test_a_request_gives_way_only_where_the_money_does_not_suffice(
    shopper: httpx2.Client, other: httpx2.Client, shared: str, db: Db, pg: str
) -> None:
    """R-PAY-11: a return takes what a gift under way left of its line; the shopper's open request stands."""
    delivered(db, shared)
    lines = shopper.get(f"/orders/{shared}").json()["items"]
    mine = [{"order_item_id": line["id"], "quantity": 1} for line in lines if line["total_minor"] == 100]
    shopper.post(f"/orders/{shared}/return", json={"reason": "defect", "items": mine}).raise_for_status()
    ask(other, shared, 30).raise_for_status()
    wish = ask(shopper, shared, 50).raise_for_status().json()
    back = other.post(f"/orders/{shared}/return/receive", json={}).raise_for_status().json()
    await follow(pg, payments.Wish(
        UUID(shared), reason_code="order.returned", cause_type="return", cause_id=UUID(back["id"]), amount_minor=100,
        approved_by="rule",
    ))  # fmt: skip
    assert (listed(shopper, shared), listed(other, shared)) == ([30, 50, 70], [30, 70])
    assert shopper.get(f"/refunds/{wish['id']}").json()["status"] == "requested"
    assert shopper.get(f"/orders/{shared}").json()["returns"][0]["refund_minor"] == 70


@pytest.mark.parametrize("again", ["operator", "other"])
def test_a_failed_refund_is_retried_within_what_is_left(
    operator: httpx2.Client, other: httpx2.Client, shared: str, db: Db, again: str
) -> None:
    """R-PAY-10: what was granted anew in between is not paid a second time."""
    shop.sign_in_again(operator)
    caller = {"operator": operator, "other": other}[again]
    first = ask(caller, shared).raise_for_status().json()
    fail(db, first["id"])
    assert ask(caller, shared).json()["amount_minor"] == first["amount_minor"]
    refused = decide(operator, first["id"], "retry")
    assert (refused.status_code, refused.json()["refundable_minor"]) == (409, 0)
    assert operator.get(f"/refunds/{first['id']}").json()["status"] == "failed"


def test_a_seller_sees_own_goods_of_a_return(
    shopper: httpx2.Client, seller: httpx2.Client, other: httpx2.Client, shared: str, db: Db
) -> None:
    """R-ORD-23, R-SEL-1, ASVS-8.2.3: lines and sums of other sellers are left out, and returns without own lines."""
    delivered(db, shared)
    lines = {line["seller_id"]: line["id"] for line in shopper.get(f"/orders/{shared}").json()["items"]}
    mine = [{"order_item_id": lines[other.headers["X-Seller"]], "quantity": 1}]
    shopper.post(f"/orders/{shared}/return", json={"reason": "defect", "items": mine}).raise_for_status()
    assert [one["refund_minor"] for one in other.get(f"/orders/{shared}").json()["returns"]] == [100]
    assert seller.get(f"/orders/{shared}").json()["returns"] == []
    other.post(f"/orders/{shared}/return/receive", json={"accepted": False}).raise_for_status()
    shopper.post(f"/orders/{shared}/return", json={"reason": "defect"}).raise_for_status()
    page = seller.get("/orders", params={"view": "seller"}).json()["items"]
    (back,) = next(order for order in page if order["id"] == shared)["returns"]
    assert (back["refund_minor"], [line["seller_id"] for line in back["items"]]) == (1000, [seller.headers["X-Seller"]])


def test_a_line_is_named_once_in_a_return(shopper: httpx2.Client, shared: str, db: Db) -> None:
    """E-ORD-10: two quantities of one line are refused, and the field is named."""
    delivered(db, shared)
    line = {"order_item_id": shopper.get(f"/orders/{shared}").json()["items"][0]["id"], "quantity": 1}
    asked = shopper.post(f"/orders/{shared}/return", json={"reason": "defect", "items": [line, line]})
    assert asked.status_code == 422
    assert [error["field"] for error in asked.json()["errors"]] == ["body.items"]


def test_nothing_is_no_refund(shopper: httpx2.Client, shared: str) -> None:
    """R-API-3: the field is named; more than was captured it is not."""
    answer = ask(shopper, shared, 0)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body.amount_minor")


def test_an_operator_decides_on_no_refund_of_an_own_order(operator: httpx2.Client, seller: httpx2.Client) -> None:
    """R-PAY-11: what an operator bought is asked back as by any shopper, and decided by others."""
    shop.put_in_cart(operator, shop.product(seller, price=500, stock=1), 1)
    order_id = shop.checkout(operator)["id"]
    shop.pay(operator, order_id).raise_for_status()
    wish = ask(operator, order_id).raise_for_status().json()
    assert wish["status"] == "requested"
    assert decide(operator, wish["id"], "approve").status_code == 403
    assert decide(seller, wish["id"], "approve").json()["status"] == "approved"
