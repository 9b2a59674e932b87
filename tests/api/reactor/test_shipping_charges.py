"""What an order was charged for its shipping goes with the parcels into the books, and comes back when it should."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx2
import pytest

from tests import shop
from tests.api.promotions.test_promotions import code, make
from tests.api.reactor.order import Db, balance, comes_back, reaches
from tests.api.reactor.test_methods import with_parcel
from tests.api.reactor.test_refunds import arrived, refunded
from tests.line import eventually

TARIFF = {
    "carrier": "Royal Mail", "service": "Tracked 48", "per_kg_minor": 0, "currency": "GBP", "min_days": 2,
    "max_days": 3,
}  # fmt: skip
ALL_GIVEN_BACK = {"gateway_clearing": 0, "shipping_income": 0, "commission_charged": 0, "commission_income": 0}


@pytest.fixture(scope="module")
def senders(saga: str, category: str) -> Iterator[list[httpx2.Client]]:
    """Two sellers who send for 3.00 and for 2.00."""
    with ExitStack() as open_ones:
        found = [open_ones.enter_context(closing(shop.seller(saga)[0])) for _ in range(2)]
        for sender, base in zip(found, (300, 200), strict=True):
            sender.post("/shipping/tariffs", json=TARIFF | {"base_minor": base}).raise_for_status()
        yield found


def order_of(buyer: httpx2.Client, *senders: httpx2.Client, units: int = 1, method: str = "card") -> dict[str, Any]:
    """Some units at 10.00 of each, and what sending costs."""
    for sender in senders:
        shop.put_in_cart(buyer, shop.product(sender, price=1000, stock=5), units)
    asked = {"address": shop.ADDRESS, "payment_method": method}
    order: dict[str, Any] = buyer.post("/checkout", json=asked).raise_for_status().json()["order"]
    return order


def income(db: Db, order_id: str) -> dict[str, int]:
    """What each seller has of an order's shipping."""
    rows = db.execute(
        "SELECT l.seller_id::text, sum(l.credit_minor - l.debit_minor)::int FROM journal_lines l "
        "JOIN journal_entries e ON e.id = l.entry_id WHERE e.order_id = %s AND l.account = 'shipping_income' "
        "GROUP BY 1",
        [order_id],
    )
    return {str(seller_id): int(minor) for seller_id, minor in rows}


def send_back(
    buyer: httpx2.Client, sender: httpx2.Client, order: dict[str, Any], reason: str, units: int = 1
) -> dict[str, Any]:
    """The seller takes units of the own line back; the return."""
    (line,) = [item for item in order["items"] if item["seller_id"] == sender.headers["X-Seller"]]
    asked = {"reason": reason, "items": [{"order_item_id": line["id"], "quantity": units}]}
    told = buyer.post(f"/orders/{order['id']}/return", json=asked).raise_for_status().json()
    answer: dict[str, Any] = sender.post(f"/orders/{order['id']}/return/receive", json={}).raise_for_status().json()
    assert answer["refund_minor"] == told["refund_minor"]
    return answer


def test_a_cancelled_order_gives_its_shipping_back(buyer: httpx2.Client, senders: list[httpx2.Client], db: Db) -> None:
    """S8, C3, R-SHP-1, R-LED-3: each parcel knows its way, cost and day; cancelled, nobody keeps anything."""
    order = order_of(buyer, *senders)
    assert (order["shipping_minor"], order["total_minor"]) == (500, 2500)
    shop.pay(buyer, order["id"]).raise_for_status()
    reaches(buyer, order["id"], "processing")
    assert income(db, order["id"]) == {senders[0].headers["X-Seller"]: 300, senders[1].headers["X-Seller"]: 200}
    parcels = buyer.get(f"/shipments/{order['id']}").raise_for_status().json()["items"]
    assert sorted(parcel["shipping_cost_minor"] for parcel in parcels) == [200, 300]
    assert {(parcel["carrier"], parcel["service"]) for parcel in parcels} == {("Royal Mail", "Tracked 48")}
    due = (datetime.now(UTC) + timedelta(days=3)).date()
    days = [date.fromisoformat(parcel["estimated_delivery"]) for parcel in parcels]
    assert all(due - timedelta(days=1) <= day <= due for day in days)
    buyer.post(f"/orders/{order['id']}/cancel", json={}).raise_for_status()
    refunded(buyer, order["id"], 2500)
    assert balance(db, order["id"]) == {"sales": 2000, "refunds": -2000} | ALL_GIVEN_BACK
    seen = buyer.get(f"/orders/{order['id']}").json()["shipping"]
    assert sorted(one["refunded_minor"] for one in seen) == [200, 300]


def test_a_return_gives_the_shipping_of_a_whole_faulty_parcel_back(
    buyer: httpx2.Client, senders: list[httpx2.Client], operator: httpx2.Client, db: Db
) -> None:
    """R-ORD-22, R-ORD-23: with what completes it, of the seller whose parcel it was; for a change of mind not."""
    first, second = (sender.headers["X-Seller"] for sender in senders)
    order = arrived(buyer, order_of(buyer, *senders, units=2)["id"], *senders)
    assert send_back(buyer, senders[0], order, "defect")["refund_minor"] == 1000
    refunded(buyer, order["id"], 1000)
    whole = send_back(buyer, senders[0], order, "damaged")
    assert (whole["refund_minor"], whole["shipping"]) == (1300, {first: 300})
    refunded(buyer, order["id"], 2300)
    assert send_back(buyer, senders[1], order, "changed_mind", 2)["refund_minor"] == 2000
    refunded(buyer, order["id"], 4300)
    assert income(db, order["id"]) == {first: 0, second: 200}
    seen = senders[0].get(f"/orders/{order['id']}").json()
    assert sorted(one["refund_minor"] for one in seen["returns"]) == [1000, 1300]
    shop.sign_in_again(operator)
    rest = operator.post("/refunds", json={"order_id": order["id"], "reason": "goodwill"}).raise_for_status().json()
    assert rest["amount_minor"] == 200
    refunded(buyer, order["id"], 4500)
    assert income(db, order["id"]) == {first: 0, second: 0}


def test_one_good_unit_keeps_the_shipping(buyer: httpx2.Client, senders: list[httpx2.Client], db: Db) -> None:
    """R-ORD-22: a unit that came back for another reason was worth sending; a grant of goods takes none of it."""
    order = arrived(buyer, order_of(buyer, senders[0], units=2)["id"], senders[0])
    assert send_back(buyer, senders[0], order, "other")["refund_minor"] == 1000
    wish = {"order_id": order["id"], "amount_minor": 400, "reason": "a scratch"}
    senders[0].post("/refunds", json=wish).raise_for_status()
    refunded(buyer, order["id"], 1400)
    assert send_back(buyer, senders[0], order, "missing")["refund_minor"] == 600
    refunded(buyer, order["id"], 2000)
    assert list(income(db, order["id"]).values()) == [300]


def test_nobody_gives_shipping_back_twice(
    buyer: httpx2.Client, senders: list[httpx2.Client], operator: httpx2.Client, db: Db
) -> None:
    """R-PAY-10, R-ORD-22: a return, the seller's grant and the operator's at once give back what was paid, once."""
    sender = senders[0]
    order = arrived(buyer, order_of(buyer, sender)["id"], sender)
    path, wish = f"/orders/{order['id']}/return", {"order_id": order["id"], "reason": "all of it"}
    buyer.post(path, json={"reason": "defect"}).raise_for_status()
    shop.sign_in_again(operator)
    calls: list[tuple[httpx2.Client, str, dict[str, Any]]] = [
        (sender, f"{path}/receive", {}), (sender, "/refunds", wish), (operator, "/refunds", wish)
    ]  # fmt: skip
    with ThreadPoolExecutor(len(calls)) as pool:
        list(pool.map(lambda call: call[0].post(call[1], json=call[2]), calls))
    refunded(buyer, order["id"], 1300)
    settled = "SELECT count(*) FROM refunds WHERE order_id = %s AND status IN ('approved', 'processing')"
    eventually(lambda: db.execute(settled, [order["id"]]).fetchone() == (0,))
    assert balance(db, order["id"]) == {"sales": 1000, "refunds": -1000} | ALL_GIVEN_BACK
    kept = db.execute("SELECT shipping_options -> 0 ->> 'refunded_minor' FROM orders WHERE id = %s", [order["id"]])
    assert kept.fetchone() == ("300",)


@pytest.mark.parametrize("method", ["cod", "wallet"])
def test_shipping_is_paid_in_cash_and_out_of_the_wallet(
    buyer: httpx2.Client, senders: list[httpx2.Client], db: Db, method: str
) -> None:
    """R-PAY-8, R-PAY-9: with the goods; the books balance and the whole comes back into the wallet."""
    money = {"amount_minor": 1200, "currency": "GBP", "gateway_token": shop.APPROVED}
    buyer.post("/wallet/top-ups", json=money).raise_for_status()
    order = order_of(buyer, senders[1], method=method)
    assert order["total_minor"] == 1200
    intent = buyer.post("/payments/intent", json={"order_id": order["id"]}).raise_for_status().json()
    buyer.post("/payments/confirm", json={"payment_id": intent["id"]}).raise_for_status()
    parcel = with_parcel(buyer, order["id"])["shipments"][0]["id"]
    senders[1].patch(f"/shipments/{parcel}", json={"status": "delivered"}).raise_for_status()
    order = reaches(buyer, order["id"], "delivered")
    eventually(lambda: buyer.get(f"/orders/{order['id']}").json()["payment"]["captured_minor"] == 1200)
    assert balance(db, order["id"])["shipping_income"] == 200
    send_back(buyer, senders[1], order, "wrong_item")
    refunded(buyer, order["id"], 1200)
    assert balance(db, order["id"])["shipping_income"] == 0


def test_cash_is_given_back_for_what_was_paid_at_the_door(
    buyer: httpx2.Client, senders: list[httpx2.Client], operator: httpx2.Client, pg: str, db: Db
) -> None:
    """R-PAY-9, R-LED-3: a parcel that nobody took was never paid for: neither its goods nor its way come back."""
    first, second = (sender.headers["X-Seller"] for sender in senders)
    order = order_of(buyer, *senders, method="cod")
    intent = buyer.post("/payments/intent", json={"order_id": order["id"]}).raise_for_status().json()
    buyer.post("/payments/confirm", json={"payment_id": intent["id"]}).raise_for_status()
    parcels = {parcel["seller_id"]: parcel for parcel in with_parcel(buyer, order["id"])["shipments"]}
    comes_back(pg, parcels[second]["id"])
    senders[0].patch(f"/shipments/{parcels[first]['id']}", json={"status": "delivered"}).raise_for_status()
    eventually(lambda: buyer.get(f"/orders/{order['id']}").json()["payment"]["captured_minor"] == 1300)
    shop.sign_in_again(operator)
    wish = {"order_id": order["id"], "amount_minor": 1150, "reason": "goodwill"}
    operator.post("/refunds", json=wish).raise_for_status()
    refunded(buyer, order["id"], 1150)
    assert income(db, order["id"]) == {first: 150}
    assert balance(db, order["id"])["refunds"] == -1000
    kept = {one["seller_id"]: one["refunded_minor"] for one in buyer.get(f"/orders/{order['id']}").json()["shipping"]}
    assert kept == {first: 150, second: 0}


@pytest.fixture
def free(operator: httpx2.Client, senders: list[httpx2.Client]) -> Iterator[None]:
    """The platform pays what the first seller's parcels cost."""
    shop.sign_in_again(operator)
    seller = {"scope": "seller", "scope_id": senders[0].headers["X-Seller"]}
    made = make(operator, kind="free_shipping", value_bp=None, status="active", **seller)
    yield
    operator.patch(f"/promotions/{made['id']}", json={"status": "ended"}).raise_for_status()


@pytest.mark.usefixtures("free")
@pytest.mark.parametrize("how", ["cancelled", "returned", "costs nothing"])
def test_the_platform_gets_back_what_it_paid_for_sending(
    buyer: httpx2.Client, senders: list[httpx2.Client], operator: httpx2.Client, db: Db, how: str
) -> None:
    """R-PRO-6, R-LED-3, R-ORD-24: of a charge that was free to the shopper, whatever the goods did cost."""
    shop.put_in_cart(buyer, shop.product(senders[0], price=1000, stock=5), 1)
    if how == "costs nothing":
        gift = make(operator, code=code(), status="active", value_bp=10_000)
        buyer.post("/cart/coupon", json={"code": gift["code"]}).raise_for_status()
    order = shop.checkout(buyer)
    if how != "costs nothing":
        shop.pay(buyer, order["id"]).raise_for_status()
    order = reaches(buyer, order["id"], "processing")
    assert (order["shipping_minor"], income(db, order["id"])) == (0, {senders[0].headers["X-Seller"]: 300})
    if how == "returned":
        parcel = order["shipments"][0]["id"]
        senders[0].patch(f"/shipments/{parcel}", json={"status": "delivered"}).raise_for_status()
        send_back(buyer, senders[0], reaches(buyer, order["id"], "delivered"), "defect")
    else:
        buyer.post(f"/orders/{order['id']}/cancel", json={}).raise_for_status()
    eventually(lambda: not balance(db, order["id"])["shipping_income"])
    eventually(lambda: not balance(db, order["id"]).get("gateway_clearing"))
    ends = balance(db, order["id"])
    assert (ends.pop("sales"), ends.pop("refunds")) == (1000, -1000)
    assert not any(ends.values())
