"""Coupons and promotions in the cart: what they take off now, and why not."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest

from tests import shop
from tests.api.carts.test_cart import Database, facts
from tests.api.promotions.test_promotions import TOMORROW, code, make


@pytest.fixture(scope="module")
def owner(api: str, category: str) -> Iterator[httpx2.Client]:
    """A seller of this module's own: what applies by itself elsewhere applies here too."""
    with closing(shop.seller(api)[0]) as client:
        yield client


@pytest.fixture
def product(owner: httpx2.Client) -> str:
    return shop.product(owner, price=999, stock=10)


def coupon(client: httpx2.Client, **values: object) -> str:
    return str(make(client, code=code(), status="active", **values)["code"])


def put_on(shopper: httpx2.Client, text: str) -> httpx2.Response:
    return shopper.post("/cart/coupon", json={"code": text})


def payloads(db: psycopg.Connection[Any], cart_id: str) -> list[dict[str, Any]]:
    rows = db.execute(
        "SELECT convert_from(line, 'utf8')::json -> 'payload' FROM outbox WHERE topic = 'carts' "
        "AND convert_from(line, 'utf8') LIKE %s ORDER BY id", [f'%"cart.coupon.changed"%"{cart_id}"%'],
    )  # fmt: skip
    return [row[0] for row in rows]


def test_a_coupon_lowers_the_cart_and_comes_off_again(
    owner: httpx2.Client, shopper: httpx2.Client, product: str, db: Database
) -> None:
    """E-CRT-6, E-CRT-7, V-CRT-6: once each, in any case of letters; a repeat tells nothing."""
    text = coupon(owner, value_bp=1500)
    shop.put_in_cart(shopper, product, 3)
    cart = put_on(shopper, text.lower()).raise_for_status().json()
    assert (cart["coupon"], cart["subtotal_minor"], cart["discount_minor"], cart["total_minor"]) == (
        text, 2997, 450, 2547
    )  # fmt: skip
    assert [(one["code"], one["discount_minor"]) for one in cart["promotions"]] == [(text, 450)]
    assert [item["discount_minor"] for item in cart["items"]] == [450]
    assert put_on(shopper, text).raise_for_status().json()["version"] == cart["version"]
    assert shopper.get("/cart").json() == cart
    for _ in range(2):
        bare = shopper.delete("/cart/coupon").raise_for_status().json()
        assert (bare["coupon"], bare["discount_minor"], bare["total_minor"]) == (None, 0, 2997)
    assert facts(db, cart["id"]) == [
        ("cart.item.added", 1), ("cart.coupon.changed", 2), ("cart.coupon.changed", 3)
    ]  # fmt: skip
    first, last = payloads(db, cart["id"])
    assert (first["promotion_id"], first["discount_minor"]) == (cart["promotions"][0]["id"], 450)
    assert (last.get("promotion_id"), last["discount_minor"]) == (None, 0)


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"status": "draft"}, "unknown"),
        ({"starts_at": TOMORROW}, "not_started"),
        ({"starts_at": "2020-01-01T00:00:00Z", "ends_at": "2020-01-02T00:00:00Z"}, "ended"),
        ({"min_subtotal_minor": 1000, "currency": "GBP"}, "minimum"),
    ],
)
def test_a_coupon_that_does_not_apply_says_why(
    owner: httpx2.Client, shopper: httpx2.Client, product: str, terms: dict[str, object], reason: str
) -> None:
    """R-PRO-1: 422 coupon-invalid with its reason; the cart stays as it was."""
    text = make(owner, **{"code": code(), "status": "active", **terms})["code"]
    shop.put_in_cart(shopper, product, 1)
    answer = put_on(shopper, text)
    assert (answer.status_code, answer.json()["type"], answer.json()["reason"]) == (
        422, "/problems/coupon-invalid", reason
    )  # fmt: skip
    assert shopper.get("/cart").json()["coupon"] is None


def test_other_reasons(
    owner: httpx2.Client, seller: httpx2.Client, shopper: httpx2.Client, product: str, operator: httpx2.Client
) -> None:
    """R-PRO-1: no such code, another seller's or currency, an empty cart; garbage names its field."""
    theirs = coupon(seller)
    foreign = {"kind": "fixed", "value_bp": None, "value_minor": 1, "currency": "EUR"}
    abroad = make(operator, code=code(), status="active", **foreign)["code"]
    assert put_on(shopper, coupon(owner)).json()["reason"] == "scope"
    shop.put_in_cart(shopper, product, 1)
    assert put_on(shopper, code()).json()["reason"] == "unknown"
    assert put_on(shopper, theirs).json()["reason"] == "scope"
    assert put_on(shopper, abroad).json()["reason"] == "currency"
    assert put_on(shopper, "no code!").json()["errors"][0]["field"] == "body.code"
    with closing(shop.client_of(str(shopper.base_url).removesuffix("/v1/"))) as nobody:
        assert put_on(nobody, theirs).status_code == 401


def test_a_used_up_coupon_is_exhausted(
    owner: httpx2.Client, shopper: httpx2.Client, product: str, db: Database
) -> None:
    """E-CRT-6: 409 coupon-exhausted."""
    text = coupon(owner, usage_limit=1)
    db.execute("UPDATE promotions SET used_count = 1 WHERE code = %s", [text])
    shop.put_in_cart(shopper, product, 1)
    answer = put_on(shopper, text)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/coupon-exhausted")


def test_a_coupon_that_stops_applying_says_so(owner: httpx2.Client, shopper: httpx2.Client, product: str) -> None:
    """R-PRO-1: it stays on the cart and gives nothing, until the cart is right for it again."""
    text = coupon(owner, min_subtotal_minor=1500, currency="GBP")
    shop.put_in_cart(shopper, product, 2)
    line = put_on(shopper, text).raise_for_status().json()["items"][0]["id"]
    low = shopper.patch(f"/cart/items/{line}", json={"quantity": 1}).raise_for_status().json()
    assert (low["coupon"], low["coupon_problem"], low["discount_minor"]) == (text, "minimum", 0)
    again = shopper.patch(f"/cart/items/{line}", json={"quantity": 2}).raise_for_status().json()
    assert (again["coupon_problem"], again["discount_minor"]) == (None, 200)


def test_the_best_promotion_applies_by_itself(
    owner: httpx2.Client, operator: httpx2.Client, shopper: httpx2.Client, product: str
) -> None:
    """R-PRO-2: one of them, by product, seller or a category above, then the coupon on what remains."""
    top = operator.post("/categories", json={"name": f"Top {uuid4()}"}).raise_for_status().json()["id"]
    below = {"name": "Below", "parent_id": top}
    leaf = operator.post("/categories", json=below).raise_for_status().json()["id"]
    owner.patch(f"/products/{product}", json={"category_id": leaf}).raise_for_status()
    shop.put_in_cart(shopper, product, 1)
    assert shopper.get("/cart").json()["discount_minor"] == 0
    made = [
        make(owner, status="active", value_bp=1000, scope="product", scope_id=product),
        make(owner, status="active", value_bp=3000, scope="category", scope_id=top),
        make(owner, status="active", value_bp=2000, scope="seller", scope_id=owner.headers["X-Seller"]),
    ]
    cart = shopper.get("/cart").json()
    assert [(one["id"], one["discount_minor"]) for one in cart["promotions"]] == [(made[1]["id"], 300)]
    cart = put_on(shopper, coupon(owner, value_bp=5000)).raise_for_status().json()
    assert (cart["discount_minor"], cart["total_minor"]) == (300 + 350, 349)
    for one in made:
        owner.patch(f"/promotions/{one['id']}", json={"status": "ended"}).raise_for_status()
    assert shopper.get("/cart").json()["discount_minor"] == 500


def test_a_key_makes_a_coupon_safe_to_repeat(owner: httpx2.Client, shopper: httpx2.Client, product: str) -> None:
    """R-API-10."""
    shop.put_in_cart(shopper, product, 1)
    key, body = {"Idempotency-Key": str(uuid4())}, {"code": coupon(owner)}
    first, again = (shopper.post("/cart/coupon", json=body, headers=key) for _ in range(2))
    assert (first.content, again.headers["idempotent-replayed"]) == (again.content, "true")
