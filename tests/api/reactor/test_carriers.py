"""What carriers report, signed, repeated, early and in any order, moves parcels and orders (E-SHP-4)."""

import os
from contextlib import closing
from typing import Any
from uuid import uuid4

import httpx2
import orjson
import psycopg
import pytest

from api.signatures import sign
from tests import shop
from tests.api.reactor.order import order_of, reaches

Db = psycopg.Connection[Any]
PLACE = "Daventry Hub"


def secret() -> str:
    """What the carriers of these tests sign with."""
    return os.environ["ATLANTIC_CARRIER_SECRET"]


def push(api: str, body: object, *, key: str | None = None) -> httpx2.Response:
    """A signed call of a carrier."""
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    headers = sign(key or secret(), f"msg_{uuid4().hex}", raw)
    return httpx2.post(f"{api}/v1/shipments/webhook", content=raw, headers=headers)


def report(number: str, status: str, *, event: str | None = None, hour: int = 8) -> dict[str, object]:
    """A report of a carrier on a parcel."""
    return {
        "carrier": "DHL", "tracking_number": number, "provider_event_id": event or uuid4().hex, "status": status,
        "location": PLACE, "occurred_at": f"2026-11-21T{hour:02}:00:00+01:00", "own_field": {"of": "the carrier"},
    }  # fmt: skip


@pytest.fixture
def parcel(saga: str, buyer: httpx2.Client, seller: httpx2.Client, product: str) -> tuple[str, str]:
    """A confirmed order and its parcel, which no carrier has yet."""
    order_id = order_of(buyer, product)
    shop.pay(buyer, order_id).raise_for_status()
    reaches(buyer, order_id, "processing")
    (found,) = seller.get(f"/shipments/{order_id}").json()["items"]
    return order_id, found["id"]


def number_of(seller: httpx2.Client, parcel_id: str) -> str:
    """The parcel's new tracking number, told by its seller."""
    number = f"JD{uuid4().hex[:12]}"
    told = {"carrier": "dhl", "tracking_number": number}
    seller.patch(f"/shipments/{parcel_id}", json=told).raise_for_status()
    return number


def tracked(seller: httpx2.Client, parcel_id: str) -> tuple[str, list[str]]:
    """The parcel's status and what was reported of it, the oldest first."""
    found = seller.get(f"/shipments/{parcel_id}/tracking").raise_for_status().json()
    return found["shipment"]["status"], [item["status"] for item in found["items"]]


def test_a_carriers_reports_move_the_parcel_and_its_order(
    saga: str, buyer: httpx2.Client, seller: httpx2.Client, parcel: tuple[str, str]
) -> None:
    """A batch, of which a part was taken before: each once (R-SHP-3, R-SHP-4, R-SHP-5)."""
    order_id, parcel_id = parcel
    number = number_of(seller, parcel_id)
    left = report(number, "picked_up", hour=6)
    assert push(saga, left).json() == {"accepted": 1, "ignored": 0}
    reaches(buyer, order_id, "shipped")
    arrived = report(number, "delivered", hour=9)
    assert push(saga, {"events": [left, arrived, arrived]}).json() == {"accepted": 1, "ignored": 2}
    order = reaches(buyer, order_id, "delivered")
    assert tracked(seller, parcel_id) == ("delivered", ["picked_up", "delivered"])
    (shown,) = order["shipments"]
    assert (order["shipped_at"], order["delivered_at"]) == (shown["shipped_at"], shown["delivered_at"])
    assert order["shipped_at"] < order["delivered_at"]


@pytest.mark.parametrize(
    ("told", "late", "status"),
    [("out_for_delivery", "arrived_facility", "out_for_delivery"), ("delivery_failed", "out_for_delivery", "failed")],
)
def test_reports_come_in_any_order_and_stand_in_theirs(  # noqa: PLR0917 - fixtures
    saga: str, seller: httpx2.Client, parcel: tuple[str, str], told: str, late: str, status: str
) -> None:
    """A late one is stored where it belongs and moves nothing back (R-SHP-2, R-SHP-3)."""
    number = number_of(seller, parcel[1])
    push(saga, report(number, told, hour=9)).raise_for_status()
    push(saga, report(number, late, hour=7)).raise_for_status()
    assert tracked(seller, parcel[1]) == (status, [late, told])


@pytest.mark.parametrize("late", [8, 9, 10])
def test_a_try_that_is_told_late_hides_no_later_one(
    saga: str, seller: httpx2.Client, parcel: tuple[str, str], late: int
) -> None:
    """R-SHP-3: out at eight, failed at nine, out again at ten, in whatever order it is told."""
    number = number_of(seller, parcel[1])
    tries = {8: "out_for_delivery", 9: "delivery_failed", 10: "out_for_delivery"}
    for hour in (*(hour for hour in tries if hour != late), late):
        push(saga, report(number, tries[hour], hour=hour)).raise_for_status()
    assert tracked(seller, parcel[1]) == ("out_for_delivery", list(tries.values()))


def test_an_order_has_arrived_when_its_last_parcel_had(
    saga: str, buyer: httpx2.Client, seller: httpx2.Client, product: str
) -> None:
    """R-ORD-18: the days to send goods back begin then, whichever parcel's arrival is told last."""
    with closing(shop.seller(saga)[0]) as other:
        shop.put_in_cart(buyer, shop.product(other, price=100, stock=1), 1)
        order_id = order_of(buyer, product)
        shop.pay(buyer, order_id).raise_for_status()
        reaches(buyer, order_id, "processing")
        numbers = []
        for sender in (seller, other):
            (found,) = sender.get(f"/shipments/{order_id}").json()["items"]
            numbers.append(number_of(sender, found["id"]))
    for number, hour in zip(numbers, (12, 9), strict=True):
        push(saga, report(number, "delivered", hour=hour)).raise_for_status()
    order = reaches(buyer, order_id, "delivered")
    assert order["delivered_at"] == max(parcel["delivered_at"] for parcel in order["shipments"])


def test_a_parcel_that_nobody_takes_comes_back_after_three_tries(
    saga: str, buyer: httpx2.Client, seller: httpx2.Client, parcel: tuple[str, str]
) -> None:
    """R-SHP-7: with it the order, whose shopper gets the money back; a try that is told twice is one."""
    order_id, parcel_id = parcel
    number = number_of(seller, parcel_id)
    push(saga, report(number, "picked_up", hour=1)).raise_for_status()
    for hour in (3, 5, 7):
        push(saga, report(number, "out_for_delivery", hour=hour)).raise_for_status()
        failed = report(number, "delivery_failed", hour=hour + 1)
        for _ in range(2):
            push(saga, failed).raise_for_status()
        assert tracked(seller, parcel_id)[0] == ("returned" if hour == 7 else "failed")
    reaches(buyer, order_id, "returned")
    push(saga, report(number, "returned_to_sender", hour=12)).raise_for_status()
    assert tracked(seller, parcel_id)[0] == "returned"


def test_a_report_waits_for_the_seller_to_tell_the_number(
    saga: str, seller: httpx2.Client, parcel: tuple[str, str], db: Db
) -> None:
    """Nothing that a carrier said is lost (R-SHP-4)."""
    number = f"JD{uuid4().hex[:12]}"
    early = report(number, "picked_up", hour=6)
    assert push(saga, early).json() == {"accepted": 1, "ignored": 0}
    assert push(saga, early).json() == {"accepted": 0, "ignored": 1}
    told = {"carrier": "DHL", "tracking_number": number}
    assert seller.patch(f"/shipments/{parcel[1]}", json=told).json()["status"] == "picked_up"
    assert tracked(seller, parcel[1]) == ("picked_up", ["picked_up"])
    assert push(saga, early).json() == {"accepted": 0, "ignored": 1}
    assert db.execute("SELECT count(*) FROM carrier_reports WHERE tracking_number = %s", [number]).fetchone() == (0,)


def test_a_report_on_a_parcel_that_was_called_off_is_kept(
    saga: str, buyer: httpx2.Client, seller: httpx2.Client, parcel: tuple[str, str], db: Db
) -> None:
    """It moves nothing, and a person can see it (R-SHP-2, R-ORD-14)."""
    order_id, parcel_id = parcel
    number = number_of(seller, parcel_id)
    buyer.post(f"/orders/{order_id}/cancel", json={"reason": "customer_request"}).raise_for_status()
    assert push(saga, report(number, "picked_up")).status_code == 200
    assert reaches(buyer, order_id, "cancelled")
    assert db.execute("SELECT status FROM carrier_reports WHERE tracking_number = %s", [number]).fetchall() == [
        ("picked_up",)
    ]


def test_a_carriers_number_is_of_one_parcel_in_any_case(
    saga: str, buyer: httpx2.Client, seller: httpx2.Client, product: str, parcel: tuple[str, str]
) -> None:
    """R-SHP-4: reports name the carrier in any case, and moved one of the two."""
    number = number_of(seller, parcel[1])
    second = order_of(buyer, product)
    shop.pay(buyer, second).raise_for_status()
    reaches(buyer, second, "processing")
    (other,) = seller.get(f"/shipments/{second}").json()["items"]
    for carrier in ("dhl", "DHL"):
        told = {"carrier": carrier, "tracking_number": number}
        answer = seller.patch(f"/shipments/{other['id']}", json=told)
        assert answer.status_code == 422, carrier
        assert [entry["field"] for entry in answer.json()["errors"]] == ["body.tracking_number"]
        assert seller.patch(f"/shipments/{parcel[1]}", json=told).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{", "body"),
        (b"[]", "body"),
        ({"events": []}, "body.events"),
        ({"events": [report("JD1", "teleported")]}, "body.events.0.status"),
        ({**report("JD1", "delivered"), "occurred_at": "yesterday"}, "body.occurred_at"),
        ({**report("JD1", "delivered"), "occurred_at": "2026-11-21T08:00:00"}, "body.occurred_at"),
        ({**report("JD1", "delivered"), "location": "x" * 256}, "body.location"),
        ({**report("JD1", "delivered"), "carrier": "D\u0000HL"}, "body.carrier"),
        ({"events": [report("JD1", "delivered")] * 101}, "body.events"),
    ],
)
def test_a_report_that_cannot_be_read_is_told(saga: str, body: object, field: str) -> None:
    """The field is named; fields of the carrier's own are no matter (R-API-3)."""
    answer = push(saga, body)
    assert answer.status_code == 422, answer.text
    assert [entry["field"] for entry in answer.json()["errors"]] == [field]


def test_only_carriers_report(saga: str) -> None:
    """Not the payment gateway, whose secret is another, nor anybody without (R-SHP-4, R-PAY-7)."""
    assert push(saga, report("JD1", "delivered"), key=os.environ["ATLANTIC_WEBHOOK_SECRET"]).status_code == 401
    assert httpx2.post(f"{saga}/v1/shipments/webhook", json=report("JD1", "delivered")).status_code == 401
