"""What follows an order: its parcels go their way, then it is reviewed, returned, complained about or paid back."""

import random
from collections import Counter, deque
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from api.shipping.sandbox import NAME
from stack.simulator.merchants import Merchants
from stack.simulator.people import Person, RefusedError

MOST_ORDERS = 300
NEXT = {
    "pending": "picked_up", "picked_up": "out_for_delivery", "in_transit": "out_for_delivery",
    "out_for_delivery": "delivered", "failed": "out_for_delivery",
}  # fmt: skip
UNDER_WAY = ("pending", "paid", "processing", "shipped")
CARRIERS = ("Royal Mail", "DHL", "UPS")
COMMENTS = (
    "Just as described, and it came quickly.", "Lovely, I would buy it again.", "Good for the price.",
    "Smaller than I thought.", "The colour is not quite that of the picture.",
)  # fmt: skip
RATINGS = ((5, 50), (4, 28), (3, 12), (2, 6), (1, 4))


@dataclass(frozen=True)
class Wishes:
    """How likely a shopper who has the goods does something about them; the rest is content in silence."""

    reviews: float = 0.45
    returns: float = 0.07
    complains: float = 0.06
    wants_money_back: float = 0.05


class Aftermath:
    """Orders that were paid, each taken one step further at a time."""

    def __init__(self, merchants: Merchants, chance: random.Random, tally: Counter[str]) -> None:
        self._merchants, self._chance, self._tally = merchants, chance, tally
        self._orders: deque[tuple[Person, str]] = deque(maxlen=MOST_ORDERS)
        self._wishes = Wishes()

    def follow(self, shopper: Person, order_id: str) -> None:
        """Look after an order from now on."""
        self._orders.append((shopper, order_id))

    async def step(self) -> None:
        """Take the order that waited longest one step further; refusals are counted and end it."""
        if not self._orders:
            return
        shopper, order_id = self._orders.popleft()
        try:
            if await self._further(shopper, order_id):
                self._orders.append((shopper, order_id))
        except RefusedError as refused:
            self._tally[f"after an order refused: {refused}"] += 1

    async def _further(self, shopper: Person, order_id: str) -> bool:
        """Whether there is more to come."""
        order = await shopper.ask("GET", f"/orders/{order_id}")
        if order["status"] in ("processing", "shipped"):
            await self._send(order)
        elif order["status"] == "delivered":
            await self._judge(shopper, order)
            return False
        return order["status"] in UNDER_WAY

    async def _send(self, order: dict[str, Any]) -> None:
        """Sellers report for carriers that do not report by themselves."""
        for parcel in order["shipments"]:
            seller = await self._merchants.of(parcel["seller_id"])
            if seller is None or parcel["status"] not in NEXT or parcel["carrier"] == NAME:
                continue
            told = {"status": NEXT[parcel["status"]]}
            if parcel["status"] == "pending":
                carrier = parcel["carrier"] or self._chance.choice(CARRIERS)
                told |= {"carrier": carrier, "tracking_number": uuid4().hex[:12].upper()}
            await seller.ask("PATCH", f"/shipments/{parcel['id']}", told)
            self._tally[f"parcels {told['status'].replace('_', ' ')}"] += 1

    async def _judge(self, shopper: Person, order: dict[str, Any]) -> None:
        if self._chance.random() < self._wishes.reviews:
            await self._review(shopper, order)
        wish = self._chance.random()
        if wish < self._wishes.returns:
            await self._return(shopper, order)
        elif wish < self._wishes.returns + self._wishes.complains:
            await self._complain(shopper, order)
        elif wish < self._wishes.returns + self._wishes.complains + self._wishes.wants_money_back:
            await self._ask_back(shopper, order)

    async def _review(self, shopper: Person, order: dict[str, Any]) -> None:
        (rating,) = self._chance.choices([value for value, _ in RATINGS], [weight for _, weight in RATINGS])
        wanted = {"product_id": order["items"][0]["product_id"], "rating": rating}
        if self._chance.random() < 0.6:
            wanted["comment"] = self._chance.choice(COMMENTS)
        await shopper.ask("POST", "/reviews", wanted)
        self._tally["reviews"] += 1

    async def _return(self, shopper: Person, order: dict[str, Any]) -> None:
        line = self._chance.choice(order["items"])
        some = [{"order_item_id": line["id"], "quantity": self._chance.randint(1, line["quantity"])}]
        await shopper.ask("POST", f"/orders/{order['id']}/return", {"reason": "changed_mind", "items": some})
        self._tally["returns"] += 1
        seller = await self._merchants.of(line["seller_id"])
        if seller:
            said = {"accepted": self._chance.random() < 0.85, "restock": True}
            await seller.ask("POST", f"/orders/{order['id']}/return/receive", said)

    async def _complain(self, shopper: Person, order: dict[str, Any]) -> None:
        line = self._chance.choice(order["items"])
        said = {"type": "damaged", "description": "It came in two pieces.", "order_item_id": line["id"]}
        await shopper.ask("POST", f"/orders/{order['id']}/complaint", said)
        self._tally["complaints"] += 1
        seller = await self._merchants.of(line["seller_id"])
        if seller:
            verdict = self._chance.choice(("refund", "store_credit", "replacement"))
            await seller.ask("POST", f"/orders/{order['id']}/complaint/resolve", {"resolution_type": verdict})
            self._tally[f"complaints: {verdict.replace('_', ' ')}"] += 1

    async def _ask_back(self, shopper: Person, order: dict[str, Any]) -> None:
        wanted = {"order_id": order["id"], "reason": "It was cheaper elsewhere.", "reason_code": "customer_request"}
        wanted["amount_minor"] = max(1, order["total_minor"] // 10)
        refund = await shopper.ask("POST", "/refunds", wanted)
        self._tally["refunds asked for"] += 1
        seller = await self._merchants.of(order["items"][0]["seller_id"])
        if seller:
            decision = "approve" if self._chance.random() < 0.7 else "reject"
            await seller.ask("POST", f"/refunds/{refund['id']}/decision", {"decision": decision})
