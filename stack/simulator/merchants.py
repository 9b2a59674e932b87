"""The demo's sellers as people who work: they sign in one after the other, restock, send parcels and decide."""

import time
from collections import Counter
from uuid import UUID

from atlantic_client.api.catalog import update_product
from atlantic_client.api.inventory import adjust_stock, get_stock, set_stock
from atlantic_client.api.sellers import get_seller
from atlantic_client.models import (
    Level,
    Product,
    ProductChange,
    PublicSellerPage,
    SellerPage,
    Stock,
    StockChange,
    StockCounted,
)

from stack.demo.accounts import seller_email
from stack.simulator.people import Lines, Person, key

LOW_UNITS, RESTOCK_UNITS = 20, 200
SIGN_IN_EVERY_SECONDS = 13.0
"""Logins are limited to 5 a minute and address."""
SIGNED_IN_AT_ONCE = 3


class Merchants:
    """Sellers by their id; who is no demo seller, or not signed in yet, is not there."""

    def __init__(self, lines: Lines, tally: Counter[str], password: str) -> None:
        self._lines, self._tally, self._password = lines, tally, password
        self._sellers: dict[UUID, Person | None] = {}
        self._signed_in_at = float("-inf")

    async def of(self, seller_id: UUID) -> Person | None:
        """The seller, signed in as soon as the limit on logins allows."""
        if seller_id not in self._sellers and self._may_sign_in():
            self._sellers[seller_id] = await self._sign_in(seller_id)
        return self._sellers.get(seller_id)

    def _may_sign_in(self) -> bool:
        few = len(self._sellers) < SIGNED_IN_AT_ONCE
        return few or time.monotonic() - self._signed_in_at > SIGN_IN_EVERY_SECONDS

    async def _sign_in(self, seller_id: UUID) -> Person | None:
        anybody = Person(self._lines, self._tally, "", "")
        asked = get_seller.asyncio_detailed(seller_id, client=anybody.api)
        seller: PublicSellerPage | SellerPage = await anybody.ask(asked)
        number = seller.slug.removeprefix("demo-")
        if not number.isdigit():
            return None
        self._signed_in_at = time.monotonic()
        owner = Person(self._lines, self._tally, seller_email(int(number)), self._password)
        await owner.sign_in()
        return owner

    async def mistype(self, product: Product) -> bool:
        """A demo seller forgets the decimal point of a price, if the product has one; whether it happened."""
        return await self._price(product, 100 * product.price_minor, "prices mistyped")

    async def mend(self, product: Product) -> None:
        """And sees it."""
        await self._price(product, product.price_minor, "prices mended")

    async def _price(self, product: Product, price_minor: int, what: str) -> bool:
        seller = await self.of(product.seller_id)
        if seller is not None:
            change = ProductChange(price_minor=price_minor)
            await seller.ask(update_product.asyncio_detailed(product.id, client=seller.api, body=change))
            self._tally[what] += 1
        return seller is not None

    async def restock(self, product: Product) -> None:
        """Put new units of a product on the shelf when few are left."""
        if product.available > LOW_UNITS:
            return
        seller = await self.of(product.seller_id)
        if seller is not None:
            await self.receive(product, seller)

    async def receive(self, product: Product, seller: Person) -> None:
        """New units of a product come."""
        units = StockChange(quantity=RESTOCK_UNITS, reason="received")
        received = adjust_stock.asyncio_detailed(product.id, client=seller.api, body=units, idempotency_key=key())
        await seller.ask(received)
        self._tally["restocked"] += 1

    async def clear(self, product: Product, seller: Person) -> None:
        """Somebody counts, and finds no more than what orders hold."""
        stock: Stock | Level = await seller.ask(get_stock.asyncio_detailed(product.id, client=seller.api))
        counted = StockCounted(on_hand=stock.reserved if isinstance(stock, Stock) else 0)
        await seller.ask(set_stock.asyncio_detailed(product.id, client=seller.api, body=counted, idempotency_key=key()))
