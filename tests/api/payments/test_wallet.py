"""Wallets: filled by a card, spent on orders, refunded into; the books and the balance say the same."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any
from uuid import UUID, uuid4

import httpx2
import psycopg
import pytest

from api import db as database
from api.wallets import service as wallets
from tests import shop
from tests.api.running import sweeping
from tests.line import eventually

Db = psycopg.Connection[tuple[Any, ...]]
LOST = "tok_4000000000000408"
LATE = "tok_4000000000000202"


@pytest.fixture
def stranger(api: str) -> Iterator[httpx2.Client]:
    """Another shopper."""
    with closing(shop.account(api)) as client:
        yield client


def top_up(shopper: httpx2.Client, minor: int = 5000, card: str = shop.APPROVED, key: str = "") -> httpx2.Response:
    said = {"amount_minor": minor, "currency": "GBP", "gateway_token": card}
    return shopper.post("/wallet/top-ups", json=said, headers={"Idempotency-Key": key or str(uuid4())})


def balance(shopper: httpx2.Client) -> int:
    found = shopper.get("/wallet", params={"currency": "GBP"}).raise_for_status().json()["items"]
    return int(found[0]["balance_minor"]) if found else 0


def entries(shopper: httpx2.Client, **wanted: str | int) -> list[tuple[str, int, int]]:
    found = shopper.get("/wallet/entries", params=wanted).raise_for_status().json()["items"]
    return [(entry["cause_type"], entry["delta_minor"], entry["balance_after_minor"]) for entry in found]


def order(shopper: httpx2.Client, seller: httpx2.Client, price: int = 2400, method: str = "wallet") -> str:
    shop.put_in_cart(shopper, shop.product(seller, price=price, stock=10), 1)
    said = {"address": shop.ADDRESS, "payment_method": method}
    order_id: str = shopper.post("/checkout", json=said).raise_for_status().json()["order"]["id"]
    return order_id


def begin(shopper: httpx2.Client, order_id: str) -> str:
    payment_id: str = shopper.post("/payments/intent", json={"order_id": order_id}).raise_for_status().json()["id"]
    return payment_id


def pay(shopper: httpx2.Client, order_id: str) -> httpx2.Response:
    return shopper.post("/payments/confirm", json={"payment_id": begin(shopper, order_id)})


def lines(db: Db, cause: str) -> dict[str, int]:
    """Credits less debits by account, of the entries of an order or a cause."""
    rows = db.execute(
        "SELECT l.account, sum(l.credit_minor - l.debit_minor)::bigint FROM journal_lines l "
        "JOIN journal_entries e ON e.id = l.entry_id WHERE %s IN (e.order_id, e.cause_id) GROUP BY 1",
        [cause],
    )
    return {str(account): int(total) for account, total in rows}


def test_a_card_fills_the_wallet_once(shopper: httpx2.Client, stranger: httpx2.Client, db: Db) -> None:
    """E-PAY-10, E-PAY-11, E-PAY-12: the entry, the balance, the journal; a repeat gives the same answer."""
    key = str(uuid4())
    filled = top_up(shopper, key=key)
    again = top_up(shopper, key=key)
    assert (filled.status_code, filled.json()["status"]) == (201, "succeeded")
    assert filled.json()["entry"]["balance_after_minor"] == 5000
    assert (again.json(), again.headers["Idempotent-Replayed"]) == (filled.json(), "true")
    assert (balance(shopper), entries(shopper)) == (5000, [("top_up", 5000, 5000)])
    assert lines(db, filled.json()["id"]) == {"gateway_clearing": -5000, "wallet_liability": 5000}
    assert (balance(stranger), entries(stranger)) == (0, [])


def test_wallets_are_for_who_signed_in(api: str) -> None:
    nobody = shop.client_of(api)
    assert {nobody.get(path).status_code for path in ("/wallet", "/wallet/entries")} == {401}
    assert nobody.post("/wallet/top-ups", json={}).status_code == 401


@pytest.mark.parametrize(
    ("field", "wrong"),
    [("amount_minor", 99), ("amount_minor", 100_000_001), ("amount_minor", 12.5), ("currency", "XXQ"),
     ("gateway_token", "4242424242424242")],
)  # fmt: skip
def test_what_is_wrong_is_named(shopper: httpx2.Client, field: str, wrong: object) -> None:
    said = {"amount_minor": 500, "currency": "GBP", "gateway_token": shop.APPROVED, field: wrong}
    answer = shopper.post("/wallet/top-ups", json=said)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, f"body.{field}")


def test_a_declined_card_fills_nothing(shopper: httpx2.Client, db: Db) -> None:
    """E-PAY-12: 402 with the reason."""
    declined = top_up(shopper, card="tok_4000000000009995")
    assert (declined.status_code, declined.json()["reason"]) == (402, "insufficient_funds")
    assert (balance(shopper), entries(shopper)) == (0, [])
    assert lines(db, declined.json()["payment_id"]) == {}


def test_a_lost_answer_is_asked_for(shopper: httpx2.Client) -> None:
    """R-PAY-3: charged once, although the card network's answer never arrives."""
    assert top_up(shopper, card=LOST).json()["status"] == "succeeded"
    assert balance(shopper) == 5000


def test_a_late_answer_fills_the_wallet_once(shopper: httpx2.Client, pg: str) -> None:
    """R-PAY-6: the sweeper asks for what is not decided yet."""
    waiting = top_up(shopper, card=LATE).json()
    assert (waiting["status"], waiting["entry"], balance(shopper)) == ("requested", None, 0)
    with sweeping(pg):
        eventually(lambda: balance(shopper) == 5000, within=15)
    assert entries(shopper) == [("top_up", 5000, 5000)]


def test_a_top_up_whose_process_died_is_given_up(shopper: httpx2.Client, db: Db, pg: str) -> None:
    """R-PAY-3: noted, never sent; nobody waits for it for ever."""
    asked = top_up(shopper, card=LATE).json()["id"]
    db.execute("DELETE FROM card_network.operations WHERE idempotency_ref = %s", [f"topup:{asked}"])
    db.execute("UPDATE top_ups SET updated_at = now() - interval '1 minute' WHERE id = %s", [asked])

    def status() -> str:
        return str(db.execute("SELECT status FROM top_ups WHERE id = %s", [asked]).fetchall()[0][0])

    with sweeping(pg):
        eventually(lambda: status() == "failed", within=15)
    assert balance(shopper) == 0


def test_a_wallet_pays_an_order(shopper: httpx2.Client, seller: httpx2.Client, db: Db) -> None:
    """R-PAY-8, R-LED-3: debited and captured in one; the sale is booked against the wallet."""
    top_up(shopper)
    order_id = order(shopper, seller)
    paid = pay(shopper, order_id).json()
    assert (paid["status"], paid["gateway"], paid["captured_minor"]) == ("success", "wallet", 2400)
    assert entries(shopper) == [("payment", -2400, 2600), ("top_up", 5000, 5000)]
    booked = lines(db, order_id)
    assert booked["wallet_liability"] == -2400
    assert "gateway_clearing" not in booked
    assert sum(booked.values()) == 0


def test_too_little_leaves_the_payment_open(shopper: httpx2.Client, seller: httpx2.Client) -> None:
    """409 wallet-insufficient with the balance; after a top-up the same payment goes through."""
    top_up(shopper, 2399)
    order_id = order(shopper, seller)
    refused = pay(shopper, order_id)
    assert (refused.status_code, refused.json()["balance_minor"]) == (409, 2399)
    assert refused.json()["type"] == "/problems/wallet-insufficient"
    assert balance(shopper) == 2399
    top_up(shopper, 100)
    assert pay(shopper, order_id).json()["status"] == "success"
    assert balance(shopper) == 99


def test_who_has_too_little_pays_otherwise(shopper: httpx2.Client, seller: httpx2.Client) -> None:
    """E-PAY-1: the payment that was begun gives way, once; one that is made does not."""
    order_id = order(shopper, seller)
    refused = pay(shopper, order_id)
    assert refused.status_code == 409
    wish = {"order_id": order_id, "payment_method": "card"}
    by_card, again = (shopper.post("/payments/intent", json=wish).raise_for_status().json() for _ in range(2))
    assert (by_card["payment_method"], by_card["status"], again["id"]) == ("card", "pending", by_card["id"])
    paid = {"payment_id": by_card["id"], "gateway_token": LATE}
    assert shopper.post("/payments/confirm", json=paid).json()["status"] == "processing"
    late = shopper.post("/payments/intent", json={"order_id": order_id, "payment_method": "wallet"})
    assert (late.status_code, late.json()["type"]) == (409, "/problems/payment-exists")
    attempts = shopper.get(f"/payments/{order_id}").raise_for_status().json()["attempts"]
    assert [(one["payment_method"], one["status"]) for one in attempts] == [
        ("card", "processing"), ("wallet", "cancelled"),
    ]  # fmt: skip
    gone = shopper.post("/payments/confirm", json={"payment_id": attempts[1]["id"]})
    assert gone.json()["type"] == "/problems/payment-state"


def test_one_balance_is_spent_once(shopper: httpx2.Client, seller: httpx2.Client) -> None:
    """R-PAY-8: two parallel spends of one balance: one succeeds."""
    top_up(shopper, 2400)
    open_payments = [begin(shopper, order(shopper, seller)) for _ in range(4)]
    with ThreadPoolExecutor(4) as calls:
        answers = calls.map(lambda one: shopper.post("/payments/confirm", json={"payment_id": one}), open_payments)
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert balance(shopper) == 0


def test_a_card_needs_its_token(shopper: httpx2.Client, seller: httpx2.Client) -> None:
    answer = pay(shopper, order(shopper, seller, method="card"))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body.gateway_token")


async def test_store_credit_is_given_once(shopper: httpx2.Client, pg: str, db: Db) -> None:
    """R-PAY-13, R-ORD-20: an entry of the wallet, paid by the platform."""
    user_id = UUID(shopper.get("/users/me").raise_for_status().json()["id"])
    pool, cause = database.engine(pg, size=1), uuid4()
    try:
        for expected in (True, False):
            async with database.transaction(pool) as conn:
                assert await wallets.give_credit(conn, user_id, "GBP", 700, cause_id=cause) is expected
    finally:
        await pool.dispose()
    assert entries(shopper, cause_type="store_credit") == [("store_credit", 700, 700)]
    assert lines(db, str(cause)) == {"promotion_expense": -700, "wallet_liability": 700}


def test_entries_come_in_pages(shopper: httpx2.Client) -> None:
    """R-API-6."""
    for minor in (100, 200, 300):
        top_up(shopper, minor).raise_for_status()
    first = shopper.get("/wallet/entries", params={"limit": 2}).json()
    rest = shopper.get("/wallet/entries", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [entry["delta_minor"] for entry in first["items"] + rest["items"]] == [300, 200, 100]
    assert rest["next_cursor"] is None
    foreign = {"limit": 2, "cursor": first["next_cursor"], "cause_type": "top_up"}
    assert shopper.get("/wallet/entries", params=foreign).json()["type"] == "/problems/cursor-invalid"


def test_every_change_is_told(shopper: httpx2.Client, db: Db) -> None:
    """V-PAY-11: one wallet.changed an entry, counted by the wallet's version."""
    for minor in (100, 200):
        top_up(shopper, minor).raise_for_status()
    wallet_id = shopper.get("/wallet").json()["items"][0]["id"]
    told = db.execute(
        "SELECT line::json FROM (SELECT id, convert_from(line, 'utf8') AS line FROM outbox) o "
        "WHERE line LIKE %s ORDER BY id", [f'%"wallet.changed"%{wallet_id}%'],
    ).fetchall()  # fmt: skip
    changes = [(fact["aggregate_seq"], fact["payload"]["balance_after_minor"]) for (fact,) in told]
    assert changes == [(1, 100), (2, 300)]
