"""Payouts to sellers: up to what is due, paid by the gateway, booked when the money went (E-LED-3, E-LED-4)."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any
from uuid import UUID, uuid4

import httpx2
import psycopg
import pytest

from api import db as database
from api.payments import service as payments
from api.payouts import service as payouts
from tests import shop
from tests.api.running import sweeping
from tests.line import eventually

Db = psycopg.Connection[tuple[Any, ...]]


class Died(BaseException):
    """The process ends without a word."""


DUE = 9000  # of a sale of 100.00: 10 % commission


@pytest.fixture
def earner(api: str, category: str, shopper: httpx2.Client) -> Iterator[httpx2.Client]:
    """A new seller who has sold for 100.00."""
    with closing(shop.seller(api)[0]) as client:
        shop.buy(shopper, shop.product(client, price=10_000, stock=5), 1).raise_for_status()
        yield client


@pytest.fixture
def staff(operator: httpx2.Client) -> httpx2.Client:
    shop.sign_in_again(operator)
    return operator


def path(earner: httpx2.Client) -> str:
    return f"/sellers/{earner.headers['X-Seller']}/payouts"


def ask(staff: httpx2.Client, earner: httpx2.Client, minor: int = DUE, key: str = "") -> httpx2.Response:
    said = {"amount_minor": minor, "currency": "GBP"}
    return staff.post(path(earner), json=said, headers={"Idempotency-Key": key or str(uuid4())})


def paid(pg: str, *payout_ids: str) -> None:
    """The reaction to payout.requested."""

    async def pay() -> None:
        pool = database.engine(pg, size=2)
        try:
            for payout_id in payout_ids:
                await payouts.pay(pool, payments.gateways(pool, "a secret of the gateway"), UUID(payout_id))
        finally:
            await pool.dispose()

    asyncio.run(pay())


def one(earner: httpx2.Client) -> dict[str, Any]:
    (found,) = earner.get(path(earner)).raise_for_status().json()["items"]
    answer: dict[str, Any] = found
    return answer


def account(earner: httpx2.Client) -> tuple[int, int]:
    (found,) = earner.get(f"/sellers/{earner.headers['X-Seller']}/balance").raise_for_status().json()["items"]
    return found["payouts_minor"], found["due_minor"]


def test_what_is_due_is_paid_and_booked_once(staff: httpx2.Client, earner: httpx2.Client, pg: str, db: Db) -> None:
    """E-LED-3, E-LED-4, R-LED-2: repeats change nothing; the balance shows it; the entry balances."""
    key = str(uuid4())
    asked = ask(staff, earner, key=key)
    again = ask(staff, earner, key=key)
    assert (asked.status_code, asked.json()["status"], again.json()) == (201, "requested", asked.json())
    assert account(earner) == (0, DUE)
    paid(pg, asked.json()["id"], asked.json()["id"])
    assert (one(earner)["status"], account(earner)) == ("paid", (-DUE, 0))
    lines = db.execute(
        "SELECT l.account, l.debit_minor, l.credit_minor FROM journal_lines l JOIN journal_entries e "
        "ON e.id = l.entry_id WHERE e.kind = 'payout' AND e.cause_id = %s ORDER BY l.line_no", [asked.json()["id"]],
    ).fetchall()  # fmt: skip
    assert lines == [("payouts", DUE, 0), ("gateway_clearing", 0, DUE)]
    told = db.execute(
        "SELECT count(*) FROM outbox WHERE line LIKE %s", [f'%"payout.paid"%{asked.json()["id"]}%'.encode()]
    )
    assert told.fetchone() == (1,)


def test_no_more_than_is_due(staff: httpx2.Client, earner: httpx2.Client) -> None:
    """409 wallet-insufficient with what may still be asked for, requested ones counted."""
    refused = ask(staff, earner, DUE + 1)
    assert (refused.status_code, refused.json()["balance_minor"]) == (409, DUE)
    assert ask(staff, earner, 5000).status_code == 201
    assert ask(staff, earner, 4001).json()["balance_minor"] == 4000
    other = staff.post(path(earner), json={"amount_minor": 1, "currency": "EUR"})
    assert (other.status_code, other.json()["balance_minor"]) == (409, 0)


def test_one_balance_is_paid_out_once(staff: httpx2.Client, earner: httpx2.Client) -> None:
    """Two parallel payouts of the whole balance: one succeeds."""
    with ThreadPoolExecutor(4) as calls:
        answers = list(calls.map(lambda _: ask(staff, earner).status_code, range(4)))
    assert sorted(answers) == [201, 409, 409, 409]


def test_a_suspended_seller_gets_nothing(staff: httpx2.Client, earner: httpx2.Client, pg: str) -> None:
    """R-SEL-3: neither asked for nor paid; what was asked before goes on once the seller is active again."""
    seller = f"/sellers/{earner.headers['X-Seller']}"
    before = ask(staff, earner, 1000).raise_for_status().json()
    staff.patch(seller, json={"status": "suspended"}).raise_for_status()
    refused = ask(staff, earner, 1000)
    assert (refused.status_code, refused.json()["current_status"]) == (409, "suspended")
    assert refused.json()["type"] == "/problems/seller-inactive"
    paid(pg, before["id"])
    assert one(earner)["status"] == "requested"
    staff.patch(seller, json={"status": "active"}).raise_for_status()
    with sweeping(pg):
        eventually(lambda: one(earner)["status"] == "paid", within=15)


def test_a_refused_payout_is_tried_again_and_given_up(
    staff: httpx2.Client, earner: httpx2.Client, pg: str, db: Db
) -> None:
    """V-LED-4: six tries, each under its own reference; then failed with its reason, and the money is due again."""
    asked = ask(staff, earner, 1913).raise_for_status().json()["id"]
    for _ in range(payouts.TRIES):
        assert one(earner)["status"] == "requested"
        db.execute("UPDATE payouts SET next_attempt_at = now() WHERE id = %s", [asked])
        paid(pg, asked)
    found = one(earner)
    assert (found["status"], found["reason"], found["attempts"]) == ("failed", "account_closed", payouts.TRIES)
    tried = db.execute(
        "SELECT count(*) FROM card_network.operations WHERE idempotency_ref LIKE %s", [f"payout:{asked}%"]
    )
    assert (tried.fetchone(), account(earner)) == ((payouts.TRIES,), (0, DUE))
    assert ask(staff, earner).status_code == 201


def test_a_payout_whose_process_died_is_paid_once(staff: httpx2.Client, earner: httpx2.Client, pg: str, db: Db) -> None:
    """R-PAY-3: the gateway had paid, its answer was lost; the same reference moves no money twice."""
    asked = ask(staff, earner).raise_for_status().json()["id"]

    class Dying(payments.CardNetwork):
        async def pay_out(self, operation: payments.Operation) -> payments.Reply:
            await super().pay_out(operation)
            raise Died

    async def die() -> None:
        pool = database.engine(pg, size=2)
        try:
            gateways = payments.Gateways({"test": payments.Guard(Dying(pool, "a secret of the gateway"))})
            await payouts.pay(pool, gateways, UUID(asked))
        finally:
            await pool.dispose()

    with pytest.raises(Died):
        asyncio.run(die())
    assert one(earner)["status"] == "requested"
    db.execute("UPDATE payouts SET next_attempt_at = now() WHERE id = %s", [asked])
    with sweeping(pg):
        eventually(lambda: one(earner)["status"] == "paid", within=15)
    moved = db.execute("SELECT count(*) FROM card_network.operations WHERE kind = 'payout' AND idempotency_ref LIKE %s",
                       [f"payout:{asked}%"])  # fmt: skip
    assert (moved.fetchone(), account(earner)) == ((1,), (-DUE, 0))


def test_payouts_are_for_operators_and_their_seller(
    api: str, staff: httpx2.Client, earner: httpx2.Client, seller: httpx2.Client, shopper: httpx2.Client
) -> None:
    """Roles, strangers, unknown sellers, wrong amounts."""
    assert {ask(caller, earner).status_code for caller in (earner, shopper)} == {403}
    assert shop.client_of(api).post(path(earner), json={}).status_code == 401
    assert (seller.get(path(earner)).status_code, shopper.get(path(earner)).status_code) == (404, 403)
    unknown = staff.post(f"/sellers/{uuid4()}/payouts", json={"amount_minor": 1, "currency": "GBP"})
    assert unknown.status_code == 404
    wrong = ask(staff, earner, 0)
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "body.amount_minor")


def test_payouts_come_in_pages(staff: httpx2.Client, earner: httpx2.Client) -> None:
    """E-LED-4: newest first, by status."""
    for minor in (100, 200, 300):
        ask(staff, earner, minor).raise_for_status()
    first = earner.get(path(earner), params={"limit": 2, "status": "requested"}).raise_for_status().json()
    assert [payout["amount_minor"] for payout in first["items"]] == [300, 200]
    following = {"limit": 2, "status": "requested", "cursor": first["next_cursor"]}
    assert [payout["amount_minor"] for payout in earner.get(path(earner), params=following).json()["items"]] == [100]
    assert earner.get(path(earner), params={"status": "paid"}).json()["items"] == []
