"""What happens to an order while one of the processes dies, told from outside: shopper, carrier, clock and rival."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from uuid import uuid4

import httpx2
import psycopg

from tests import shop
from tests.api.reactor.test_carriers import push, report
from tests.line import eventually

PRICE, STOCK = 500, 3
ANSWERS = (200, 201, 402)
"""Done, or the card was refused."""
Db = psycopg.Connection[tuple[Any, ...]]


@dataclass
class World:
    """One order in the making. Calls of the shopper go to `api`, which may die; `safe` is another that lives."""

    api: str
    safe: str
    buyer: httpx2.Client
    seller: httpx2.Client
    product: str
    db: Db
    has_coupon: bool = True
    """Whether the cart has one: with it a checkout takes several statements, without one it is a single one."""

    def order(self) -> tuple[str, str] | None:
        """Id and status of the shopper's order, if there is one."""
        row = self.db.execute(
            "SELECT o.id::text, o.status FROM orders o JOIN users u ON u.id = o.user_id WHERE u.email = %s",
            [self.buyer.headers["X-Person"]],
        ).fetchone()
        return (row[0], row[1]) if row else None

    def post(self, path: str, body: dict[str, Any]) -> httpx2.Response:
        """A call that is made once: its answer may be lost with the process."""
        headers = {**self.buyer.headers, "Idempotency-Key": str(uuid4())}
        answer = httpx2.post(f"{self.api}/v1{path}", json=body, headers=headers, timeout=60)
        assert answer.status_code in ANSWERS, answer.text
        return answer

    def reaches(self, *statuses: str) -> str:
        """Wait until the order is in one of these states; its id."""
        found = eventually(lambda: (o := self.order()) and o[1] in statuses and o, within=60, every=0.05)
        assert found
        return found[0]


def checked_out(world: World) -> str:
    """The shopper's cart with its coupon has become an order."""
    made: str = world.post("/checkout", {"address": shop.ADDRESS, "payment_method": "card"}).json()["order"]["id"]
    return made


def paid(world: World, card: str = shop.APPROVED) -> None:
    """The shopper checks out and pays."""
    _pay(world, checked_out(world), card)


def _pay(world: World, order_id: str, card: str) -> None:
    intent = world.post("/payments/intent", {"order_id": order_id}).json()["id"]
    world.post("/payments/confirm", {"payment_id": intent, "gateway_token": card})


def plain(world: World) -> None:
    """The shopper pays the full price."""
    world.buyer.delete("/cart/coupon").raise_for_status()
    world.has_coupon = False
    paid(world)


def declined(world: World) -> None:
    """The card is refused."""
    paid(world, shop.DECLINED)


def left(world: World) -> None:
    """The shopper begins to pay and goes away; a quarter of an hour passes."""
    world.post("/payments/intent", {"order_id": checked_out(world)})
    pass_time(world)


def pass_time(world: World) -> None:
    """The order's hold runs out."""
    order = world.order()
    if order:
        for late in (
            "UPDATE orders SET hold_expires_at = now() WHERE id = %s AND status = 'pending'",
            "UPDATE payments SET expires_at = now() WHERE order_id = %s",
            "UPDATE reservations SET expires_at = now() WHERE order_id = %s AND status = 'held'",
        ):
            world.db.execute(late, [order[0]])


def delivered(world: World) -> None:
    """A carrier takes the parcel and brings it; what is not answered is reported again."""
    paid(world)
    order_id = world.reaches("processing")
    (parcel,) = world.seller.get(f"/shipments/{order_id}").raise_for_status().json()["items"]
    number = f"JD{uuid4().hex[:12]}"
    told = {"carrier": "dhl", "tracking_number": number}
    world.seller.patch(f"/shipments/{parcel['id']}", json=told).raise_for_status()
    for hour, status in ((6, "picked_up"), (9, "delivered")):
        said = report(number, status, hour=hour)
        with suppress(httpx2.TransportError):
            push(world.api, said)
        push(world.safe, said).raise_for_status()


def sold_out(world: World) -> None:
    """The hold has run out and a rival has bought everything when the money comes (R-ORD-13)."""
    order_id = checked_out(world)
    world.db.execute("UPDATE reservations SET status = 'expired' WHERE order_id = %s", [order_id])
    world.db.execute("UPDATE inventory SET reserved = 0, on_hand = 0 WHERE product_id = %s", [world.product])
    _pay(world, order_id, shop.APPROVED)


def cancelled(world: World) -> None:
    """The shopper takes back an order that is paid and being prepared."""
    paid(world)
    order_id = world.reaches("processing")
    held = "SELECT true FROM inventory WHERE product_id = %s AND reserved = 0"
    eventually(lambda: world.db.execute(held, [world.product]).fetchone(), every=0.05)
    world.post(f"/orders/{order_id}/cancel", {})


STORIES: Mapping[str, Callable[[World], None]] = MappingProxyType(
    {
        "bought": paid, "declined": declined, "left": left, "delivered": delivered, "sold out": sold_out,
        "cancelled": cancelled, "plain": plain,
    }
)  # fmt: skip
