"""What sending costs is part of an order: the total is known beforehand, the way is chosen, both are kept (8.5 S3)."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

import httpx2
import psycopg
import pytest

from tests import shop
from tests.api import market
from tests.api.carts.test_coupons import coupon, put_on
from tests.api.orders.test_checkout import checkout, count, events
from tests.api.orders.test_promotions import statements

Db = psycopg.Connection[tuple[Any, ...]]
SLOW = {
    "carrier": "Royal Mail", "service": "Tracked 48", "base_minor": 300, "per_kg_minor": 80, "currency": "GBP",
    "min_days": 2, "max_days": 3,
}  # fmt: skip
FAST = SLOW | {"service": "Tracked 24", "base_minor": 450, "min_days": 1, "max_days": 1}
HERE = {"destination": {"province_id": shop.ADDRESS["province_id"]}}


@pytest.fixture
def makers(api: str, category: str) -> Iterator[list[httpx2.Client]]:
    """Three sellers: the first sends slowly or fast, the second slowly, the third has set no tariff."""
    with ExitStack() as open_ones:
        found = [open_ones.enter_context(closing(shop.seller(api)[0])) for _ in range(3)]
        for number, tariff in ((0, SLOW), (0, FAST), (1, SLOW)):
            found[number].post("/shipping/tariffs", json=tariff).raise_for_status()
        yield found


def fill(shopper: httpx2.Client, makers: list[httpx2.Client], grams: int = 600) -> None:
    """One thing of each, at 10.00."""
    for maker in makers:
        product_id = shop.product(maker, price=1000, stock=10)
        maker.patch(f"/products/{product_id}", json={"weight_grams": grams}).raise_for_status()
        shop.put_in_cart(shopper, product_id, 1)


def total(shopper: httpx2.Client, **asked: object) -> dict[str, Any]:
    found: dict[str, Any] = shopper.post("/shipping/rates", json=HERE | asked).raise_for_status().json()["cart"]
    return found


def ids(makers: list[httpx2.Client]) -> list[str]:
    return [maker.headers["X-Seller"] for maker in makers]


def test_an_order_costs_what_its_rates_said(shopper: httpx2.Client, makers: list[httpx2.Client], db: Db) -> None:
    """E-SHP-1, R-SHP-6, S3 to S5: a charge a seller, by the cheapest way; in the order, its fact and its total."""
    fill(shopper, makers)
    told = total(shopper)
    assert (told["subtotal_minor"], told["shipping_minor"], told["total_minor"]) == (3000, 760, 3760)
    order = checkout(shopper, expected_total_minor=3760).raise_for_status().json()["order"]
    assert (order["shipping_minor"], order["total_minor"]) == (760, 3760)
    assert [{**one, "refunded_minor": 0} for one in told["shipping"]] == order["shipping"]
    by_seller = {one["seller_id"]: (one["code"], one["cost_minor"]) for one in order["shipping"]}
    assert [by_seller[key] for key in ids(makers)] == [
        ("royal mail/tracked 48", 380), ("royal mail/tracked 48", 380), ("included", 0)
    ]  # fmt: skip
    seen = shopper.get(f"/orders/{order['id']}").raise_for_status().json()
    assert (seen["shipping"], seen["total_minor"]) == (order["shipping"], 3760)
    fact = "SELECT convert_from(line, 'utf8')::json -> 'payload' FROM outbox WHERE convert_from(line, 'utf8') LIKE %s"
    created = db.execute(fact, [f'%"order.created"%"{order["id"]}"%']).fetchone()
    assert created
    assert (created[0]["shipping_minor"], created[0]["total_minor"]) == (760, 3760)


def test_the_way_is_chosen_for_all_or_by_seller(shopper: httpx2.Client, makers: list[httpx2.Client]) -> None:
    """E-ORD-1: whoever is not named goes the cheapest way; where sending is included there is nothing to choose."""
    first, second, third = ids(makers)
    fill(shopper, makers)
    fast = {first: "Royal Mail/Tracked 24"}
    assert total(shopper, shipping_option="royal mail/tracked 48")["shipping_minor"] == 760
    assert total(shopper, shipping_option=fast)["total_minor"] == 3910
    order = checkout(shopper, shipping_option=fast, expected_total_minor=3910).raise_for_status().json()["order"]
    chosen = {one["seller_id"]: one["service"] for one in order["shipping"]}
    assert chosen == {first: "Tracked 24", second: "Tracked 48", third: "included"}


def test_a_way_that_is_not_offered_is_refused(shopper: httpx2.Client, makers: list[httpx2.Client], db: Db) -> None:
    """422 no-shipping-option names the seller; nothing is held, the refusal is told (R-EVT-5)."""
    first, second, _ = ids(makers)
    fill(shopper, makers)
    cart = shopper.get("/cart").json()
    wrong: list[tuple[object, str]] = [
        ("royal mail/tracked 24", second), ({first: "pigeon"}, first), ({cart["id"]: "included"}, cart["id"]),
    ]  # fmt: skip
    for number, (option, seller_id) in enumerate(wrong, start=1):
        refused = checkout(shopper, shipping_option=option)
        assert (refused.status_code, refused.json()["type"]) == (422, "/problems/no-shipping-option")
        assert (refused.json()["seller_id"], refused.json()["cart_version"]) == (seller_id, cart["version"] + number)
        assert shopper.post("/shipping/rates", json={**HERE, "shipping_option": option}).status_code == 422
    assert events(db, cart["id"])[-1] == "checkout.rejected"
    held = "SELECT count(*) FROM inventory WHERE reserved > 0 AND product_id = ANY(%s)"
    assert count(db, held, [item["product_id"] for item in cart["items"]]) == 0
    malformed = checkout(shopper, shipping_option={first: 7})
    assert malformed.status_code == 422
    assert [error["field"] for error in malformed.json()["errors"]] == ["body.shipping_option"]


def test_a_place_that_no_tariff_reaches_is_refused(shopper: httpx2.Client, makers: list[httpx2.Client]) -> None:
    """R-SHP-6: a seller's own tariffs are all there are for that seller."""
    tariff = makers[1].get("/shipping/tariffs").json()["items"][0]["id"]
    makers[1].patch(f"/shipping/tariffs/{tariff}", json={"active": False}).raise_for_status()
    makers[1].post("/shipping/tariffs", json=SLOW | {"to_province_id": 32}).raise_for_status()
    fill(shopper, makers[:2])
    assert checkout(shopper).json()["seller_id"] == makers[1].headers["X-Seller"]
    elsewhere = checkout(shopper, address=shop.ADDRESS | {"province_id": 32}).raise_for_status().json()["order"]
    assert elsewhere["shipping_minor"] == 760
    saved = shopper.post("/users/me/addresses", json=shop.ADDRESS).raise_for_status().json()["id"]
    fill(shopper, makers[:2])
    assert shopper.post("/checkout", json={"address_id": saved}).json()["type"] == "/problems/no-shipping-option"


def test_the_price_guard_tells_what_sending_costs_now(shopper: httpx2.Client, makers: list[httpx2.Client]) -> None:
    """R-ORD-5: a tariff that rose since the total was shown."""
    fill(shopper, makers[1:2])
    shown = total(shopper)["total_minor"]
    tariff = makers[1].get("/shipping/tariffs").json()["items"][0]["id"]
    makers[1].patch(f"/shipping/tariffs/{tariff}", json={"base_minor": 350}).raise_for_status()
    refused = checkout(shopper, expected_total_minor=shown)
    assert (refused.status_code, refused.json()["shipping_minor"], refused.json()["total_minor"]) == (409, 430, 1430)
    assert refused.json()["shipping"] == [
        {"seller_id": ids(makers)[1], "code": "royal mail/tracked 48", "cost_minor": 430, "discount_minor": 0}
    ]
    version = refused.json()["cart_version"]
    assert checkout(shopper, cart_version=version, expected_total_minor=1430).status_code == 201


def test_free_shipping_takes_the_charge_off(
    shopper: httpx2.Client, makers: list[httpx2.Client], operator: httpx2.Client, db: Db
) -> None:
    """R-PRO-2, R-PRO-6: up to its bound, shared by the charges, paid by the platform; told beforehand."""
    fill(shopper, makers)
    text = coupon(operator, kind="free_shipping", value_bp=None, max_discount_minor=101, currency="GBP")
    put_on(shopper, text).raise_for_status()
    told = total(shopper)
    assert (told["shipping_minor"], told["total_minor"]) == (659, 3659)
    order = checkout(shopper, expected_total_minor=3659).raise_for_status().json()["order"]
    assert sorted(one["discount_minor"] for one in order["shipping"]) == [0, 50, 51]
    redeemed = "SELECT discount_minor FROM redemptions WHERE order_id = %s"
    assert count(db, redeemed, order["id"]) == 101
    shop.pay(shopper, order["id"]).raise_for_status()
    booked = db.execute(
        "SELECT l.account, sum(l.credit_minor - l.debit_minor)::int FROM journal_lines l "
        "JOIN journal_entries e ON e.id = l.entry_id WHERE e.order_id = %s GROUP BY 1", [order["id"]],
    ).fetchall()  # fmt: skip
    assert dict(booked) == {
        "gateway_clearing": -3659, "promotion_expense": -101, "sales": 3000, "shipping_income": 760,
        "commission_charged": -300, "commission_income": 300,
    }  # fmt: skip


def test_a_seller_sees_and_is_due_the_own_charge(shopper: httpx2.Client, makers: list[httpx2.Client]) -> None:
    """R-ORD-23, E-LED-2: own share of the order; what the seller paid off the shipping is no income."""
    seller = makers[0]
    own = seller.post("/promotions", json={
        "name": "Half the post", "kind": "free_shipping", "max_discount_minor": 200, "currency": "GBP",
        "status": "active",
    }).raise_for_status().json()  # fmt: skip
    fill(shopper, makers)
    order = checkout(shopper).raise_for_status().json()["order"]
    assert order["shipping_minor"] == 560
    shop.pay(shopper, order["id"]).raise_for_status()
    mine = seller.get(f"/orders/{order['id']}").raise_for_status().json()
    assert (mine["shipping_minor"], mine["total_minor"], len(mine["shipping"])) == (180, 1180, 1)
    (account,) = seller.get(f"/sellers/{seller.headers['X-Seller']}/balance").json()["items"]
    assert (account["shipping_minor"], account["due_minor"]) == (180, 1000 - 100 + 180)
    seller.patch(f"/promotions/{own['id']}", json={"status": "ended"}).raise_for_status()


def test_the_total_is_for_the_own_cart(api: str, shopper: httpx2.Client, makers: list[httpx2.Client]) -> None:
    """E-SHP-1: named items have rates and no total; a choice without a cart to send names the field."""
    fill(shopper, makers[:1])
    items = [{"product_id": shopper.get("/cart").json()["items"][0]["product_id"], "quantity": 1}]
    anonymous = shop.client_of(api).post("/shipping/rates", json={**HERE, "items": items}).raise_for_status()
    assert anonymous.json()["cart"] is None
    chosen = {**HERE, "items": items, "shipping_option": "included"}
    assert shopper.post("/shipping/rates", json=chosen).json()["type"] == "/problems/validation-failed"


async def test_tariffs_cost_no_round_trip(pg: str, db: Db) -> None:
    """8.5: read with the cart, three round trips as without."""
    db.execute("UPDATE promotions SET status = 'ended'")
    products = market.products(pg, 3, stock=5)
    (buyer,) = market.shoppers(pg, 1, products)
    db.execute(
        "INSERT INTO shipping_rates (id, carrier, service, seller_id, base_minor, per_kg_minor, currency, min_days, "
        "max_days) SELECT uuidv7(), 'DHL', 'Parcel', seller_id, 495, 0, 'GBP', 1, 2 FROM products WHERE id = %s",
        [products[0]],
    )
    assert len(await statements(pg, buyer)) == 3
    assert count(db, "SELECT shipping_minor FROM orders WHERE user_id = %s", buyer) == 495


def sorted_totals(seller: httpx2.Client, sort: str) -> list[int]:
    """The totals of the seller's orders, read in pages of two."""
    asked: dict[str, str | int] = {"view": "seller", "sort": sort, "limit": 2}
    page = seller.get("/orders", params=asked).raise_for_status().json()
    rest = seller.get("/orders", params=asked | {"cursor": page["next_cursor"]}).raise_for_status().json()
    return [order["total_minor"] for order in page["items"] + rest["items"]]


def test_a_sellers_list_is_sorted_by_what_it_shows(shopper: httpx2.Client, makers: list[httpx2.Client]) -> None:
    """E-ORD-2, R-ORD-23: by the own share, shipping included; what others sold in an order orders nothing."""
    for price, others in ((5000, []), (100, makers[1:]), (2000, makers[2:])):
        fill(shopper, others)
        shop.put_in_cart(shopper, shop.product(makers[0], price=price, stock=5), 1)
        checkout(shopper).raise_for_status()
    assert sorted_totals(makers[0], "total") == [400, 2300, 5300]
    assert sorted_totals(makers[0], "-total") == [5300, 2300, 400]
    named = makers[0].get("/orders", params={"seller_id": makers[0].headers["X-Seller"], "sort": "total"})
    assert [order["total_minor"] for order in named.raise_for_status().json()["items"]] == [400, 2300, 5300]
