"""A role gained since the access token was issued counts wherever a call looks at roles (R-USR-12)."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest

from tests import shop

Database = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture(scope="module")
def order(api: str, seller: httpx2.Client, db: Database) -> dict[str, Any]:
    """A paid order of other people that has arrived, with a complaint and a wish for money back."""
    product_id = shop.product(seller, price=1000, stock=5)
    with closing(shop.account(api)) as buyer:
        shop.put_in_cart(buyer, product_id, 1)
        placed = shop.checkout(buyer)
        shop.pay(buyer, placed["id"]).raise_for_status()
        wish = {"order_id": placed["id"], "reason": "chipped", "amount_minor": 100}
        db.execute(
            "UPDATE orders SET status = 'delivered', shipped_at = now(), delivered_at = now() WHERE id = %s",
            [placed["id"]],
        )
        complaint = {"type": "damaged", "description": "The lid came in two pieces."}
        buyer.post(f"/orders/{placed['id']}/complaint", json=complaint).raise_for_status()
        placed["refund_id"] = buyer.post("/refunds", json=wish).raise_for_status().json()["id"]
    return placed


@pytest.fixture(params=["shopper", "seller"])
def newcomer(request: pytest.FixtureRequest, api: str, category: str, db: Database) -> Iterator[httpx2.Client]:
    """Somebody who was made an operator after the token was issued."""
    with closing(shop.account(api) if request.param == "shopper" else shop.seller(api)[0]) as client:
        _made_operator(db, client)
        yield client


def _made_operator(db: Database, client: httpx2.Client) -> None:
    added = "UPDATE users SET roles = roles || '{operator}' WHERE email = %s"
    db.execute(added, [client.headers["X-Person"]])


def test_orders_and_parcels(newcomer: httpx2.Client, order: dict[str, Any]) -> None:
    """R-USR-12: orders, parcels and sales of everybody."""
    path = f"/orders/{order['id']}"
    assert newcomer.get(path).status_code == 200
    everybodys = newcomer.get("/orders", params={"user_id": str(uuid4())})
    assert everybodys.status_code == 200
    assert order["id"] in [one["id"] for one in newcomer.get("/orders").json()["items"]]
    assert newcomer.get(f"/shipments/{order['id']}").status_code == 200
    sales = newcomer.get("/analytics/orders", params={"seller_id": order["items"][0]["seller_id"], "group": "status"})
    assert sales.status_code == 200


def test_an_order_is_cancelled_as_an_operator_does(
    newcomer: httpx2.Client, seller: httpx2.Client, shopper: httpx2.Client
) -> None:
    """R-USR-12: for a reason that is for operators."""
    shop.put_in_cart(shopper, shop.product(seller, price=500, stock=1), 1)
    placed = shop.checkout(shopper)
    answer = newcomer.post(f"/orders/{placed['id']}/cancel", json={"reason": "fraud", "note": "asked by phone"})
    assert (answer.status_code, answer.json().get("status")) == (200, "cancelled")


def test_complaints_and_money(newcomer: httpx2.Client, order: dict[str, Any]) -> None:
    """R-USR-12: complaints, payments and refunds of everybody."""
    path = f"/orders/{order['id']}/complaint"
    assert newcomer.get(path).status_code == 200
    assert newcomer.get("/complaints").json()["items"]
    assert newcomer.patch(path, json={"status": "under_review"}).status_code in (200, 409)
    paid = newcomer.get(f"/payments/{order['id']}").json()
    assert paid["operations"]
    assert newcomer.get(f"/refunds/{order['refund_id']}").status_code == 200
    assert order["refund_id"] in [one["id"] for one in newcomer.get("/refunds").json()["items"]]
    asked = newcomer.post("/refunds", json={"order_id": order["id"], "reason": "chipped", "amount_minor": 1})
    assert (asked.status_code, asked.json()["status"] == "requested") == (201, False)


def test_the_parts_of_the_core(api: str, newcomer: httpx2.Client) -> None:
    """R-USR-12, E-OPS-2: which parts answer is for operators."""
    token = {"Authorization": newcomer.headers["Authorization"]}
    assert httpx2.get(f"{api}/health/ready").json()["parts"] is None
    assert httpx2.get(f"{api}/health/ready", headers=token).json()["parts"]["postgres"] == "ok"


def test_what_sellers_keep(newcomer: httpx2.Client, seller: httpx2.Client) -> None:
    """R-USR-12: tariffs, promotions and shops of every seller."""
    tariff = {
        "carrier": "Post", "service": "parcel", "currency": "GBP", "base_minor": 300, "per_kg_minor": 0,
        "min_days": 1, "max_days": 2,
    }  # fmt: skip
    made = seller.post("/shipping/tariffs", json=tariff).raise_for_status().json()
    assert made["id"] in [one["id"] for one in newcomer.get("/shipping/tariffs").json()["items"]]
    assert newcomer.patch(f"/shipping/tariffs/{made['id']}", json={"max_days": 3}).status_code == 200
    draft = {"name": "Ten", "kind": "percent", "value_bp": 1000, "scope": "all"}
    promotion = seller.post("/promotions", json=draft).raise_for_status().json()["id"]
    assert newcomer.patch(f"/promotions/{promotion}", json={"name": "Eleven"}).status_code == 200
    assert promotion in [one["id"] for one in newcomer.get("/promotions", params={"status": "draft"}).json()["items"]]
    made = newcomer.post("/promotions", json={**draft, "funded_by": "platform"})
    assert (made.status_code, made.json().get("funded_by")) == (201, "platform")
    shop_id = seller.headers["X-Seller"]
    assert newcomer.patch(f"/sellers/{shop_id}", json={"commission_bp": 900}).status_code == 200
    assert "legal_name" in newcomer.get(f"/sellers/{shop_id}").json()


def test_a_new_shop_finds_its_promotions(shopper: httpx2.Client, category: str) -> None:
    """R-USR-12: with the token that opened it."""
    profile = {
        "display_name": f"Shop {uuid4().hex[:8]}", "legal_name": "Shop Ltd", "contact_email": "shop@example.com",
        "contact_phone": "+6281234567891", "currency": "GBP",
    }  # fmt: skip
    shopper.post("/sellers", json=profile).raise_for_status()
    draft = {"name": "Ten", "kind": "percent", "value_bp": 1000, "scope": "all"}
    promotion = shopper.post("/promotions", json=draft).raise_for_status().json()["id"]
    assert [one["id"] for one in shopper.get("/promotions", params={"status": "draft"}).json()["items"]] == [promotion]


def test_a_key_never_gains_more(api: str, order: dict[str, Any], db: Database, category: str) -> None:
    """R-USR-12, ASVS-8.3.1: an API key speaks for the shop alone, whatever its owner becomes."""
    with closing(shop.seller(api)[0]) as owner:
        made = (
            owner.post("/sellers/me/keys", json={"name": "Till", "scopes": ["orders:read"]}).raise_for_status().json()
        )
        _made_operator(db, owner)
        with httpx2.Client(base_url=f"{api}/v1", headers={"Authorization": f"Bearer {made['key']}"}) as till:
            assert till.get(f"/orders/{order['id']}").status_code == 404
            assert till.get("/orders", params={"user_id": str(uuid4())}).status_code == 403
        assert owner.get(f"/orders/{order['id']}").status_code == 200
