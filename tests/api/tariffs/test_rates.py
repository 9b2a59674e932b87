"""What sending costs, asked by shoppers, and the tariffs it follows from (E-SHP-1, R-SHP-6)."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests import shop

PLACE = {"province_id": 31, "city_id": 3171, "postal_code": "10310"}
TARIFF = {
    "carrier": "Royal Mail", "service": "Tracked 48", "base_minor": 300, "per_kg_minor": 80, "currency": "GBP",
    "min_days": 2, "max_days": 3,
}  # fmt: skip


@pytest.fixture
def maker(api: str, category: str) -> Iterator[httpx2.Client]:
    """A seller of this test alone."""
    with closing(shop.seller(api)[0]) as client:
        yield client


def heavy(client: httpx2.Client, grams: int) -> str:
    """A product of some weight."""
    product_id = shop.product(client, price=1000, stock=50)
    client.patch(f"/products/{product_id}", json={"weight_grams": grams}).raise_for_status()
    return product_id


def rates(client: httpx2.Client, **items: int) -> list[dict[str, Any]]:
    """The ways to send some goods of one seller."""
    wanted = [{"product_id": product_id, "quantity": quantity} for product_id, quantity in items.items()]
    answer = client.post("/shipping/rates", json={"destination": PLACE, "items": wanted}).raise_for_status().json()
    (parcel,) = answer["parcels"]
    found: list[dict[str, Any]] = parcel["options"]
    return found


def test_without_tariffs_sending_is_part_of_the_price(maker: httpx2.Client) -> None:
    """Nobody is kept from selling before anybody has set a tariff (R-SHP-6)."""
    (option,) = rates(maker, **{heavy(maker, 400): 1})
    assert (option["code"], option["cost_minor"], option["estimated_delivery"]) == ("included", 0, None)


def test_a_parcel_costs_by_its_weight_rounded_up(maker: httpx2.Client) -> None:
    """Two of 600 g are 2 kg: 300 + 2 x 80 (R-SHP-6)."""
    maker.post("/shipping/tariffs", json=TARIFF).raise_for_status()
    (option,) = rates(maker, **{heavy(maker, 600): 2})
    assert (option["code"], option["cost_minor"], option["currency"]) == ("royal mail/tracked 48", 460, "GBP")
    assert option["estimated_delivery"]


def test_a_tariff_reaches_its_area_only(maker: httpx2.Client) -> None:
    """What no tariff reaches is refused, naming the seller (R-SHP-6)."""
    maker.post("/shipping/tariffs", json={**TARIFF, "to_province_id": 32}).raise_for_status()
    items = [{"product_id": heavy(maker, 100), "quantity": 1}]
    answer = maker.post("/shipping/rates", json={"destination": PLACE, "items": items})
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/no-shipping-option"
    assert answer.json()["seller_id"] == maker.headers["X-Seller"]


def test_the_cart_is_what_is_sent_when_no_items_are_named(api: str, maker: httpx2.Client) -> None:
    """A parcel per seller, to an address of the book (E-SHP-1)."""
    product_id = heavy(maker, 100)
    with closing(shop.account(api)) as shopper:
        assert shopper.post("/shipping/rates", json={"destination": PLACE}).json()["type"] == "/problems/cart-empty"
        shop.put_in_cart(shopper, product_id, 2)
        address = shopper.post("/users/me/addresses", json=shop.ADDRESS).raise_for_status().json()["id"]
        answer = shopper.post("/shipping/rates", json={"destination": {"address_id": address}}).raise_for_status()
        assert [parcel["seller_id"] for parcel in answer.json()["parcels"]] == [maker.headers["X-Seller"]]
        foreign = maker.post("/shipping/rates", json={"destination": {"address_id": address}})
        assert foreign.status_code in (404, 409)


@pytest.mark.parametrize(
    ("destination", "status"),
    [({}, 422), ({"address_id": str(uuid4()), "province_id": 3}, 422), ({"province_id": 0}, 422), (PLACE, 404)],
)
def test_what_cannot_be_asked_is_told(api: str, destination: dict[str, object], status: int) -> None:
    """No place, two places, no such place, no such product (E-SHP-1)."""
    items = [{"product_id": str(uuid4()), "quantity": 1}]
    answer = httpx2.post(f"{api}/v1/shipping/rates", json={"destination": destination, "items": items})
    assert answer.status_code == status


def test_nobody_without_an_account_has_a_cart(api: str) -> None:
    """Without items the caller has to sign in (E-SHP-1)."""
    assert httpx2.post(f"{api}/v1/shipping/rates", json={"destination": PLACE}).status_code == 401


def test_a_seller_sets_and_sees_only_own_tariffs(
    api: str, maker: httpx2.Client, seller: httpx2.Client, operator: httpx2.Client
) -> None:
    """An operator's without a seller is the platform's (R-SEL-1, R-SHP-6)."""
    mine = maker.post("/shipping/tariffs", json=TARIFF).raise_for_status().json()
    assert mine["seller_id"] == maker.headers["X-Seller"]
    assert seller.get("/shipping/tariffs").json()["items"] == []
    asked = {"seller_id": seller.headers["X-Seller"]}
    assert maker.get("/shipping/tariffs", params=asked).json()["items"] == []
    whole: dict[str, str | bool] = {"seller_id": maker.headers["X-Seller"], "active": True}
    assert [found["id"] for found in operator.get("/shipping/tariffs", params=whole).json()["items"]] == [mine["id"]]
    assert seller.patch(f"/shipping/tariffs/{mine['id']}", json={"active": False}).status_code == 404
    foreign = {**TARIFF, "seller_id": maker.headers["X-Seller"]}
    assert seller.post("/shipping/tariffs", json=foreign).status_code == 404
    assert operator.post("/shipping/tariffs", json={**TARIFF, "seller_id": str(uuid4())}).status_code == 404
    platform = operator.post("/shipping/tariffs", json={**TARIFF, "currency": "SEK"}).raise_for_status().json()
    assert platform["seller_id"] is None
    assert maker.patch(f"/shipping/tariffs/{platform['id']}", json={"active": False}).status_code == 404
    with closing(shop.account(api)) as shopper:
        assert shopper.post("/shipping/tariffs", json=TARIFF).status_code == 403


def test_a_tariff_out_of_force_costs_nobody_anything(maker: httpx2.Client) -> None:
    """Costs, days and force change; who sends and where to does not (R-SHP-6)."""
    tariff = maker.post("/shipping/tariffs", json=TARIFF).raise_for_status().json()["id"]
    product_id = heavy(maker, 100)
    maker.patch(f"/shipping/tariffs/{tariff}", json={"base_minor": 500}).raise_for_status()
    assert rates(maker, **{product_id: 1})[0]["cost_minor"] == 580
    for change in ({"min_days": 9}, {"max_days": 1}):
        bad = maker.patch(f"/shipping/tariffs/{tariff}", json=change)
        assert (bad.status_code, bad.json()["errors"][0]["field"]) == (422, f"body.{next(iter(change))}")
    maker.patch(f"/shipping/tariffs/{tariff}", json={"active": False}).raise_for_status()
    assert rates(maker, **{product_id: 1})[0]["code"] == "included"
