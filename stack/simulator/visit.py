"""One visit of a shopper: looks around, puts things into the cart, maybe buys, maybe changes their mind."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from stack.simulator.people import Person, RefusedError

APPROVED = "tok_4242424242424242"
CARDS = (
    (APPROVED, 88), ("tok_4000000000000002", 5), ("tok_4000000000009995", 4), ("tok_4000000000000202", 3),
)  # fmt: skip
MOST_LINES, MOST_UNITS = 4, 6
ADDRESS = {
    "label": "Home", "province_id": 826, "city_id": 1, "district_id": 1, "subdistrict_id": 1,
    "province_name": "United Kingdom", "city_name": "London", "district_name": "Camden",
    "subdistrict_name": "Bloomsbury", "street": "1 Gower Street", "postal_code": "WC1E 6BT",
}  # fmt: skip


COUPON = "WELCOME-10"
METHODS = (("card", 82), ("wallet", 10), ("cod", 8))


@dataclass(frozen=True)
class Habits:
    """How likely a visit goes on at each step."""

    adds: float = 0.55
    buys: float = 0.6
    cancels: float = 0.06
    has_a_coupon: float = 0.2


@dataclass
class Visit:
    """One session of one shopper among some products, all of one currency."""

    shopper: Person
    shelf: Sequence[dict[str, Any]]
    chance: random.Random
    tally: Counter[str]
    habits: Habits = Habits()
    session: str = field(default_factory=lambda: str(uuid4()))
    left_a_cart: bool = False
    """Whether something was put into the cart and not bought."""
    follow: Callable[[Person, str], None] = lambda _person, _order: None
    """Told of each order that is paid and not cancelled."""

    async def run(self) -> None:
        """The whole visit; refusals end it and are counted by their slug."""
        self.tally["visits"] += 1
        try:
            seen = await self._browse()
            if self.chance.random() < self.habits.adds:
                await self._shop(seen)
        except RefusedError as refused:
            self.tally[f"refused: {refused}"] += 1

    async def _browse(self) -> list[dict[str, Any]]:
        seen = self.chance.sample(list(self.shelf), min(len(self.shelf), self.chance.randint(1, 8)))
        clicks = [self._click("Page Viewed", path="/")]
        clicks += [self._click("Product Viewed", **_of(product)) for product in seen]
        await self._send(clicks)
        await self.shopper.ask("GET", f"/products/{seen[0]['id']}")
        return seen

    async def _shop(self, seen: Sequence[dict[str, Any]]) -> None:
        cart = await self.shopper.ask("GET", "/cart")
        if cart["items"] and cart["currency"] != seen[0]["currency"]:
            await self.shopper.ask("DELETE", "/cart")
            self.tally["emptied a cart"] += 1
        added = 0
        for product in seen[:MOST_LINES]:
            quantity = self.chance.randint(1, MOST_UNITS)
            if await self._add(product, quantity):
                added += 1
        if added:
            await self._send([self._click("Cart Viewed", lines=added)])
            self.left_a_cart = self.chance.random() >= self.habits.buys
            if not self.left_a_cart:
                await self._buy()

    async def _add(self, product: dict[str, Any], quantity: int) -> bool:
        try:
            await self.shopper.ask("POST", "/cart/items", {"product_id": product["id"], "quantity": quantity})
        except RefusedError as refused:
            self.tally[f"cart refused: {refused}"] += 1
            return False
        self.tally["added to a cart"] += 1
        await self._send([self._click("Product Added", quantity=quantity, **_of(product))])
        return True

    async def _buy(self) -> None:
        if self.chance.random() < self.habits.has_a_coupon:
            await self._use_coupon()
        await self._send([self._click("Checkout Started")])
        (method,) = self.chance.choices([name for name, _ in METHODS], [weight for _, weight in METHODS])
        wanted = {"address": ADDRESS, "payment_method": method, "session_id": self.session}
        wanted["shipping_option"] = await self._ways()
        order = (await self.shopper.ask("POST", "/checkout", wanted))["order"]
        self.tally["checkouts"] += 1
        paid = await self._pay(order)
        self.tally["paid" if paid else "payments declined"] += 1
        if paid and self.chance.random() < self.habits.cancels:
            await asyncio.sleep(self.chance.uniform(0.5, 2.0))
            await self.shopper.ask("POST", f"/orders/{order['id']}/cancel", {"reason": "customer_request"})
            self.tally["cancelled and refunded"] += 1
        elif paid:
            self.follow(self.shopper, order["id"])

    async def _ways(self) -> dict[str, str]:
        """One of the ways to send each seller's goods."""
        place = {"province_id": ADDRESS["province_id"], "city_id": ADDRESS["city_id"]}
        rates = await self.shopper.ask("POST", "/shipping/rates", {"destination": place})
        return {parcel["seller_id"]: self.chance.choice(parcel["options"])["code"] for parcel in rates["parcels"]}

    async def _use_coupon(self) -> None:
        try:
            await self.shopper.ask("POST", "/cart/coupon", {"code": COUPON})
            self.tally["coupons used"] += 1
        except RefusedError as refused:
            self.tally[f"coupon refused: {refused}"] += 1

    async def _pay(self, order: dict[str, Any]) -> bool:
        method = order["payment_method"]
        await self._send([self._click("Payment Info Entered", payment_method=method)])
        (card,) = self.chance.choices([card for card, _ in CARDS], [weight for _, weight in CARDS])
        if method == "wallet":
            money = {"amount_minor": max(100, order["total_minor"]), "currency": order["currency"]}
            await self.shopper.ask("POST", "/wallet/top-ups", {**money, "gateway_token": APPROVED})
        intent = await self.shopper.ask("POST", "/payments/intent", {"order_id": order["id"]})
        confirmation = {"payment_id": intent["id"], **({"gateway_token": card} if method == "card" else {})}
        try:
            await self.shopper.ask("POST", "/payments/confirm", confirmation)
        except RefusedError as refused:
            if str(refused) == "payment-declined":
                return False
            raise
        return True

    async def _send(self, clicks: list[dict[str, Any]]) -> None:
        taken = await self.shopper.ask("POST", "/tracking/clicks", clicks)
        self.tally["clicks"] += taken["accepted"]

    def _click(self, name: str, **properties: Any) -> dict[str, Any]:
        return {
            "click_id": str(uuid4()),
            "name": name,
            "session_id": self.session,
            "occurred_at": datetime.now(UTC).isoformat(),
            "properties": properties,
        }


def _of(product: dict[str, Any]) -> dict[str, Any]:
    return {
        "product_id": product["id"],
        "seller_id": product["seller_id"],
        "price_minor": product["price_minor"],
        "currency": product["currency"],
    }
