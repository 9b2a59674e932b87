"""Who finds the parcels of an order, and what sellers change of theirs (E-SHP-2, E-SHP-5)."""

from uuid import uuid4

import httpx2
import pytest

from tests import shop
from tests.api.reactor.order import order_of, reaches


@pytest.fixture
def parcel(buyer: httpx2.Client, seller: httpx2.Client, product: str) -> str:
    """The path of a parcel that is to be sent."""
    order_id = order_of(buyer, product)
    shop.pay(buyer, order_id).raise_for_status()
    reaches(buyer, order_id, "processing")
    (found,) = seller.get(f"/shipments/{order_id}").json()["items"]
    return f"/shipments/{found['id']}"


def test_an_order_without_parcels_is_there_for_everybody_who_has_part_in_it(
    saga: str, buyer: httpx2.Client, seller: httpx2.Client, operator: httpx2.Client, product: str
) -> None:
    """E-SHP-2, R-API-9: its seller sees none before it is paid; what is no order is 404, for operators too."""
    shop.sign_in_again(operator)
    order_id = order_of(buyer, product)
    for caller in (buyer, seller, operator):
        assert caller.get(f"/shipments/{order_id}").raise_for_status().json() == {"items": []}
        assert caller.get(f"/shipments/{uuid4()}").status_code == 404
    assert shop.account(saga).get(f"/shipments/{order_id}").status_code == 404


def test_a_number_that_was_told_by_mistake_is_taken_back(seller: httpx2.Client, parcel: str) -> None:
    """R-API-12: null clears what may be empty, and is refused where it cannot be; both were taken, and did nothing."""
    told = {"carrier": "UPS", "tracking_number": uuid4().hex[:12]}
    assert seller.patch(parcel, json=told).json()["tracking_number"] == told["tracking_number"]
    cleared = seller.patch(parcel, json={"tracking_number": None}).raise_for_status().json()
    assert (cleared["carrier"], cleared["tracking_number"]) == ("UPS", None)
    assert seller.patch(parcel, json={"carrier": None}).json()["carrier"] is None
    refused = seller.patch(parcel, json={"status": None})
    assert [error["field"] for error in refused.json()["errors"]] == ["body.status"]


def test_a_place_is_that_of_a_report(seller: httpx2.Client, parcel: str) -> None:
    """R-API-3: without one nobody could read it again."""
    for alone in ({"location": "Leeds"}, {"location": "Leeds", "status": "cancelled"}):
        refused = seller.patch(parcel, json=alone)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "body.location")
    seen = seller.patch(parcel, json={"location": "Leeds", "status": "packing"}).raise_for_status().json()
    assert seen["last_event"]["location"] == "Leeds"


def test_what_is_not_under_way_does_not_come_back(seller: httpx2.Client, parcel: str) -> None:
    """E-SHP-5, R-SHP-2: what has not left is called off instead, what has arrived is returned by its shopper."""
    back = {"status": "returned_to_sender"}
    early = seller.patch(parcel, json=back)
    assert (early.status_code, early.json()["current_status"]) == (409, "pending")
    assert "`cancelled`" in early.json()["detail"]
    seller.patch(parcel, json={"status": "delivered"}).raise_for_status()
    late = seller.patch(parcel, json=back)
    assert (late.status_code, late.json()["current_status"]) == (409, "delivered")


def test_a_parcel_that_moved_meanwhile_is_not_changed(seller: httpx2.Client, parcel: str) -> None:
    """R-API-12: whoever is too late reads it again."""
    seen = seller.patch(parcel, json={"status": "packing", "expected_version": 1}).raise_for_status().json()
    late = seller.patch(parcel, json={"carrier": "DHL", "status": "cancelled", "expected_version": 1})
    assert (late.status_code, late.json()["current_version"]) == (409, seen["version"])
    (now,) = seller.get(f"/shipments/{seen['order_id']}").json()["items"]
    assert (now["status"], now["carrier"]) == ("pending", seen["carrier"])
