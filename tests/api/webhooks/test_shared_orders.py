"""What the systems of two sellers of one order are told of it: each hears what it may read up, nothing else."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import NamedTuple

import httpx2
import pytest

from tests import shop
from tests.api.notifications.conftest import messages, user_of
from tests.api.reactor.order import Db, reaches
from tests.api.webhooks.receiver import System, receiving
from tests.line import eventually

EVENTS = ["refund.requested", "refund.succeeded", "complaint.opened", "complaint.resolved", "order.cancelled"]


class Side(NamedTuple):
    """A seller and what its system is told."""

    owner: httpx2.Client
    system: System

    @property
    def names(self) -> list[str]:
        """The events it was told of."""
        return [event for event in EVENTS if self.system.told(event)]


@pytest.fixture
def sides(api: str, category: str) -> Iterator[list[Side]]:
    """Two sellers of this test alone."""
    with ExitStack() as stack:
        found = []
        for _ in range(2):
            side = Side(stack.enter_context(closing(shop.seller(api)[0])), stack.enter_context(receiving()))
            wanted = {"url": side.system.url, "events": EVENTS}
            side.owner.post("/sellers/me/webhooks", json=wanted).raise_for_status()
            found.append(side)
        yield found


def shared(buyer: httpx2.Client, sides: list[Side]) -> str:
    """A paid order of both of them, on its way."""
    for side in sides:
        shop.put_in_cart(buyer, shop.product(side.owner, price=1000, stock=5), 1)
    order: str = shop.checkout(buyer)["id"]
    shop.pay(buyer, order).raise_for_status()
    parcels = reaches(buyer, order, "processing")["shipments"]
    owners = {side.owner.headers["X-Seller"]: side.owner for side in sides}
    for parcel in parcels:
        owners[parcel["seller_id"]].patch(f"/shipments/{parcel['id']}", json={"status": "picked_up"}).raise_for_status()
    reaches(buyer, order, "shipped")
    return order


def test_a_refund_that_one_seller_grants_is_not_the_others(shopper: httpx2.Client, sides: list[Side], db: Db) -> None:
    """R-SEL-1, R-PAY-10: whoever is told of it can read it up; one of the whole order is for operators."""
    order = shared(shopper, sides)
    grants, hears_nothing = sides
    wish = {"order_id": order, "amount_minor": 100, "reason": "a scratch"}
    refund = grants.owner.post("/refunds", json=wish).raise_for_status().json()["id"]
    assert eventually(lambda: grants.names == ["refund.requested", "refund.succeeded"], within=20)
    assert [told["data"]["refund_id"] for told in grants.system.told("refund.requested")] == [refund]
    assert grants.owner.get(f"/refunds/{refund}").status_code == 200
    assert hears_nothing.owner.get(f"/refunds/{refund}").status_code == 404
    assert hears_nothing.names == []


def test_a_complaint_about_all_of_an_order_is_for_operators(
    shopper: httpx2.Client, sides: list[Side], operator: httpx2.Client, db: Db
) -> None:
    """R-ORD-23: no seller can read it up, so none is told of it, neither its system nor its inbox."""
    order = shared(shopper, sides)
    complain = {"type": "damaged", "description": "Everything is wet."}
    opened = shopper.post(f"/orders/{order}/complaint", json=complain).raise_for_status().json()["id"]
    verdict = {"resolution_type": "rejected", "resolution_note": "It was dry."}
    operator.post(f"/orders/{order}/complaint/resolve", json=verdict).raise_for_status()
    assert eventually(
        lambda: "complaint_resolved" in [row["template"] for row in messages(db, user_of(shopper), channel="in_app")],
        within=20,
    )
    for side in sides:
        assert side.names == []
        assert side.owner.get(f"/orders/{order}/complaint").status_code == 404
        inbox = side.owner.get("/notifications", params={"type": "complaint_update"}).json()["items"]
        assert [message["target"]["id"] for message in inbox] == [], opened
