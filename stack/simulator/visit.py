"""One visit of a shopper: looks around, puts things into the cart, maybe buys, maybe changes their mind."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from atlantic_client.api.cart import apply_coupon, get_cart
from atlantic_client.api.catalog import get_product
from atlantic_client.api.payments import top_up_wallet
from atlantic_client.api.tracking import send_clicks
from atlantic_client.models import (
    Cart,
    CheckoutPaymentMethod,
    ClicksTaken,
    Coupon,
    NewTopUp,
    OrderAnswer,
    Product,
)
from atlantic_client.models import SendClicksBodyType1Item as Click
from atlantic_client.models import SendClicksBodyType1ItemName as ClickName
from atlantic_client.models import SendClicksBodyType1ItemProperties as ClickProperties

from stack.simulator import buying
from stack.simulator.buying import APPROVED, DECLINED
from stack.simulator.people import Person, RefusedError, key

CARDS = (
    (APPROVED, 88), (DECLINED, 5), ("tok_4000000000009995", 4), ("tok_4000000000000202", 3),
)  # fmt: skip
MOST_LINES, MOST_UNITS = 4, 6
COUPON = "WELCOME-10"
METHODS: tuple[tuple[CheckoutPaymentMethod, int], ...] = (("card", 82), ("wallet", 10), ("cod", 8))


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
    shelf: Sequence[Product]
    chance: random.Random
    tally: Counter[str]
    habits: Habits = Habits()
    session: UUID = field(default_factory=uuid4)
    left_a_cart: bool = False
    """Whether something was put into the cart and not bought."""
    follow: Callable[[Person, UUID], None] = lambda _person, _order: None
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

    async def _browse(self) -> list[Product]:
        seen = self.chance.sample(list(self.shelf), min(len(self.shelf), self.chance.randint(1, 8)))
        clicks = [self._click("Page Viewed", path="/")]
        clicks += [self._click("Product Viewed", **_of(product)) for product in seen]
        await self._send(clicks)
        await self.shopper.ask(get_product.asyncio_detailed(seen[0].id, client=self.shopper.api))
        return seen

    async def _shop(self, seen: Sequence[Product]) -> None:
        cart: Cart = await self.shopper.ask(get_cart.asyncio_detailed(client=self.shopper.api))
        if cart.items and cart.currency != seen[0].currency:
            await buying.empty(self.shopper)
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

    async def _add(self, product: Product, quantity: int) -> bool:
        try:
            await buying.add(self.shopper, product, quantity)
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
        order = await buying.check_out(self.shopper, self.chance, method, self.session)
        self.tally["checkouts"] += 1
        if order.discount_minor:
            self.tally["orders with a discount"] += 1
        paid = await self._pay(order)
        self.tally["paid" if paid else "payments declined"] += 1
        if paid and self.chance.random() < self.habits.cancels:
            await asyncio.sleep(self.chance.uniform(0.5, 2.0))
            await buying.cancel(self.shopper, order.id)
            self.tally["cancelled and refunded"] += 1
        elif paid:
            self.follow(self.shopper, order.id)

    async def _use_coupon(self) -> None:
        coupon, api = Coupon(code=COUPON), self.shopper.api
        try:
            await self.shopper.ask(apply_coupon.asyncio_detailed(client=api, body=coupon, idempotency_key=key()))
            self.tally["coupons put into a cart"] += 1
        except RefusedError as refused:
            self.tally[f"coupon refused: {refused}"] += 1

    async def _pay(self, order: OrderAnswer) -> bool:
        method = order.payment_method
        await self._send([self._click("Payment Info Entered", payment_method=method)])
        (card,) = self.chance.choices([card for card, _ in CARDS], [weight for _, weight in CARDS])
        if method == "wallet":
            await self._top_up(max(100, order.total_minor), order.currency)
        try:
            await buying.pay(self.shopper, order, card)
        except RefusedError as refused:
            if str(refused) == "payment-declined":
                return False
            raise
        return True

    async def _top_up(self, amount_minor: int, currency: str) -> None:
        money = NewTopUp(amount_minor=amount_minor, currency=currency, gateway_token=APPROVED)
        await self.shopper.ask(
            top_up_wallet.asyncio_detailed(client=self.shopper.api, body=money, idempotency_key=key())
        )

    async def _send(self, clicks: list[Click]) -> None:
        taken: ClicksTaken = await self.shopper.ask(send_clicks.asyncio_detailed(client=self.shopper.api, body=clicks))
        self.tally["clicks"] += taken.accepted

    def _click(self, name: ClickName, **properties: Any) -> Click:
        return Click(
            click_id=uuid4(),
            name=name,
            session_id=self.session,
            occurred_at=datetime.now(UTC),
            properties=ClickProperties.from_dict(properties),
        )


def _of(product: Product) -> dict[str, Any]:
    return {
        "product_id": str(product.id),
        "seller_id": str(product.seller_id),
        "price_minor": product.price_minor,
        "currency": product.currency,
    }
