"""Paying and getting money back over HTTP, with the log away: nothing here needs it (R-API-16, R-ORD-12)."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest

from api.signatures import sign
from tests import shop
from tests.line import eventually

Db = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture
def order(shopper: httpx2.Client, seller: httpx2.Client) -> dict[str, Any]:
    """A pending order of 2 x 12.00."""
    shop.put_in_cart(shopper, shop.product(seller, price=1200, stock=10), 2)
    return shop.checkout(shopper)


def intent(shopper: httpx2.Client, order: dict[str, Any]) -> dict[str, Any]:
    payment: dict[str, Any] = shopper.post("/payments/intent", json={"order_id": order["id"]}).raise_for_status().json()
    return payment


def confirm(shopper: httpx2.Client, payment_id: str, card: str = shop.APPROVED, key: str = "") -> httpx2.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return shopper.post("/payments/confirm", json={"payment_id": payment_id, "gateway_token": card}, headers=headers)


def problem(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


def test_an_order_has_one_live_payment(shopper: httpx2.Client, order: dict[str, Any], api: str) -> None:
    """R-API-11: a repeat gives the payment under way; nobody else can begin or confirm it."""
    payment = intent(shopper, order)
    assert intent(shopper, order)["id"] == payment["id"]
    with closing(shop.account(api)) as stranger:
        assert problem(stranger.post("/payments/intent", json={"order_id": order["id"]})) == (404, "not-found")
        assert problem(confirm(stranger, payment["id"])) == (404, "not-found")


@pytest.mark.parametrize("token", ["", "tok_", "4242424242424242", "tok_\0", "tok_a b", "tok_" + "4" * 252])
def test_what_is_no_token_costs_no_payment(shopper: httpx2.Client, order: dict[str, Any], token: str) -> None:
    """R-API-3: the field is named, the payment stays open."""
    payment = intent(shopper, order)
    answer = confirm(shopper, payment["id"], token)
    assert problem(answer) == (422, "validation-failed")
    assert answer.json()["errors"][0]["field"] == "body.gateway_token"
    assert confirm(shopper, payment["id"]).json()["status"] == "success"


def test_a_charge_happens_once(shopper: httpx2.Client, order: dict[str, Any], db: Db) -> None:
    """R-API-10, R-PAY-2: the same key gives the same answer, without a key the state refuses; one journal entry."""
    payment, key = intent(shopper, order), str(uuid4())
    with ThreadPoolExecutor(4) as clicks:
        answers = list(clicks.map(lambda _: confirm(shopper, payment["id"], key=key).status_code, range(4)))
    assert 200 in answers
    assert set(answers) <= {200, 409}
    again = confirm(shopper, payment["id"], key=key)
    assert (again.status_code, again.json()["status"]) == (200, "success")
    assert again.headers["Idempotent-Replayed"] == "true"
    assert problem(confirm(shopper, payment["id"])) == (409, "payment-state")
    assert problem(shopper.post("/payments/intent", json={"order_id": order["id"]})) == (409, "payment-exists")
    booked = db.execute("SELECT count(*) FROM journal_entries WHERE order_id = %s AND kind = 'sale'", [order["id"]])
    assert booked.fetchone() == (1,)


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        ("tok_4000000000000002", "card_declined"),
        ("tok_4000000000009995", "insufficient_funds"),
        ("tok_4000000000000069", "expired_card"),
        ("tok_4000000000000119", "processing_error"),
        ("tok_unheard_of", "invalid_token"),
    ],
)
def test_a_decline_says_why_and_is_final(shopper: httpx2.Client, order: dict[str, Any], card: str, reason: str) -> None:
    """R-PAY-5."""
    payment = intent(shopper, order)
    declined = confirm(shopper, payment["id"], card)
    assert problem(declined) == (402, "payment-declined")
    assert (declined.json()["reason"], declined.json()["payment_id"]) == (reason, payment["id"])
    assert problem(confirm(shopper, payment["id"])) == (409, "payment-state")
    assert problem(shopper.post("/payments/intent", json={"order_id": order["id"]})) == (409, "payment-state")


def test_a_payment_runs_out_with_the_hold(shopper: httpx2.Client, order: dict[str, Any], db: Db) -> None:
    """410 payment-expired; no gateway call is made for it."""
    payment = intent(shopper, order)
    db.execute("UPDATE payments SET expires_at = now() WHERE id = %s", [payment["id"]])
    assert problem(confirm(shopper, payment["id"])) == (410, "payment-expired")
    made = db.execute("SELECT count(*) FROM payment_operations WHERE payment_id = %s", [payment["id"]])
    assert made.fetchone() == (0,)


def test_no_card_number_is_taken_or_kept(shopper: httpx2.Client, order: dict[str, Any], db: Db) -> None:
    """R-PAY-14: a number is refused without being repeated; tokens leave no trace in any table."""
    payment = intent(shopper, order)
    refused = confirm(shopper, payment["id"], "4242424242424242")
    assert refused.status_code == 422
    assert "4242424242424242" not in refused.text
    confirm(shopper, payment["id"], shop.APPROVED).raise_for_status()
    tables = db.execute("SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables "
                        "WHERE schemaname IN ('public', 'card_network')").fetchall()  # fmt: skip
    for (table,) in tables:
        found = db.execute(f"SELECT count(*) FROM {table} AS row WHERE row::text LIKE '%%4242424242424242%%'")
        assert found.fetchone() == (0,), table


def test_webhooks_need_a_signature_and_count_once(
    shopper: httpx2.Client, order: dict[str, Any], env: dict[str, str], db: Db
) -> None:
    """R-PAY-6, R-PAY-7: forged is 401; a repeat and one about a stranger's operation are 200 and change nothing."""
    payment = intent(shopper, order)
    confirm(shopper, payment["id"]).raise_for_status()
    body = f'{{"idempotency_ref":"charge:{payment["id"]}"}}'.encode()
    assert problem(shopper.post("/payments/webhook", content=body)) == (401, "signature-invalid")
    for about in (body, body, b'{"idempotency_ref":"charge:nobody"}'):
        headers = sign(env["ATLANTIC_WEBHOOK_SECRET"], f"evt_{about[-12:-2].hex()}", about)
        assert shopper.post("/payments/webhook", content=about, headers=headers).json() == {"received": True}
    outcomes = db.execute("SELECT outcome FROM provider_events ORDER BY outcome").fetchall()
    assert outcomes == [("succeeded",), ("unknown operation",)]
    booked = db.execute("SELECT count(*) FROM journal_entries WHERE order_id = %s AND kind = 'sale'", [order["id"]])
    assert booked.fetchone() == (1,)


def test_refunds_never_exceed_what_was_captured(
    shopper: httpx2.Client, operator: httpx2.Client, order: dict[str, Any]
) -> None:
    """R-PAY-10: under concurrency too; a shopper's wish waits for a decision (R-PAY-11)."""
    confirm(shopper, intent(shopper, order)["id"]).raise_for_status()
    wish = {"order_id": order["id"], "amount_minor": 1000, "reason": "too small"}
    with ThreadPoolExecutor(5) as calls:
        answers = list(calls.map(lambda _: shopper.post("/refunds", json=wish), range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert (problem(refused), refused.json()["refundable_minor"]) == ((409, "refund-exceeds-captured"), 400)
    refund = next(answer.json() for answer in answers if answer.status_code == 201)
    assert refund["status"] == "requested"
    assert shopper.get("/refunds", params={"order_id": order["id"]}).json()["items"]
    shop.sign_in_again(operator)
    decided = operator.post(f"/refunds/{refund['id']}/decision", json={"decision": "reject"})
    assert decided.json()["status"] == "rejected"
    repeated = operator.post(f"/refunds/{refund['id']}/decision", json={"decision": "reject"})
    assert problem(repeated) == (409, "refund-state")


def test_what_is_not_paid_cannot_be_refunded(shopper: httpx2.Client, order: dict[str, Any]) -> None:
    """409 payment-state, or 404 when no payment was begun."""
    wish = {"order_id": order["id"], "reason": "changed my mind"}
    assert shopper.post("/refunds", json=wish).status_code == 404
    intent(shopper, order)
    assert problem(shopper.post("/refunds", json=wish)) == (409, "payment-state")


def test_the_books_have_the_sale(
    shopper: httpx2.Client, seller: httpx2.Client, operator: httpx2.Client, order: dict[str, Any]
) -> None:
    """E-LED-1, E-LED-2, E-ANA-3: entries with lines, the seller's balance, and the same sums in the cell of the day."""
    confirm(shopper, intent(shopper, order)["id"]).raise_for_status()
    shop.sign_in_again(operator)
    entries = operator.get("/ledger/entries", params={"order_id": order["id"]}).json()["items"]
    assert sorted(entry["kind"] for entry in entries) == ["commission", "sale"]
    assert shopper.get("/ledger/entries").status_code == 403
    seller_id = seller.headers["X-Seller"]
    (account,) = seller.get(f"/sellers/{seller_id}/balance").json()["items"]
    assert account["due_minor"] == account["sales_minor"] + account["refunds_minor"] + account["commission_minor"]
    assert shopper.get(f"/sellers/{seller_id}/balance").status_code in (403, 404)
    books = {"seller_id": seller_id}
    (cell,) = eventually(  # others' transactions may hold the cut back
        lambda: [
            cell
            for cell in operator.get("/analytics/reconcile", params=books).raise_for_status().json()["cells"]
            if cell["gross_minor"] - cell["discount_minor"] == account["sales_minor"] > 0
        ]
    )
    assert cell["commission_minor"] == -account["commission_minor"]
    assert cell["units"] >= 2
    before = operator.get("/analytics/reconcile", params={"seller_id": seller_id, "complete_to": 1}).json()
    assert (before["complete_to"], before["cells"]) == (1, [])


def test_the_books_can_be_asked_up_to_the_last_day_there_is(
    shopper: httpx2.Client, order: dict[str, Any], operator: httpx2.Client, seller: httpx2.Client
) -> None:
    """E-ANA-3: both days belong to what is asked for."""
    shop.pay(shopper, order["id"]).raise_for_status()

    def told(**days: str) -> Any:
        return operator.get("/analytics/reconcile", params={**asked, **days}).raise_for_status().json()

    asked = {"seller_id": seller.headers["X-Seller"]}
    asked["complete_to"] = eventually(lambda: (books := told())["cells"] and books["complete_to"])  # one cut for all
    found = told(**{"from": "0001-01-01", "to": "9999-12-31"})["cells"]
    assert found == told()["cells"]
    assert told(**{"from": found[0]["day"], "to": found[0]["day"]})["cells"] == found[:1]
