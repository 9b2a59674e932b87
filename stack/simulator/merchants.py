"""The demo's sellers as people who work: they sign in one after the other, restock, send parcels and decide."""

import time
from collections import Counter
from typing import Any

import httpx2

from stack.demo.accounts import seller_email
from stack.simulator.people import Person

LOW_UNITS, RESTOCK_UNITS = 20, 200
SIGN_IN_EVERY_SECONDS = 13.0
"""Logins are limited to 5 a minute and address."""
SIGNED_IN_AT_ONCE = 3


class Merchants:
    """Sellers by their id; who is no demo seller, or not signed in yet, is not there."""

    def __init__(self, http: httpx2.AsyncClient, tally: Counter[str], password: str) -> None:
        self._http, self._tally, self._password = http, tally, password
        self._sellers: dict[str, Person | None] = {}
        self._signed_in_at = float("-inf")

    async def of(self, seller_id: str) -> Person | None:
        """The seller, signed in as soon as the limit on logins allows."""
        if seller_id not in self._sellers and self._may_sign_in():
            self._sellers[seller_id] = await self._sign_in(seller_id)
        return self._sellers.get(seller_id)

    def _may_sign_in(self) -> bool:
        few = len(self._sellers) < SIGNED_IN_AT_ONCE
        return few or time.monotonic() - self._signed_in_at > SIGN_IN_EVERY_SECONDS

    async def _sign_in(self, seller_id: str) -> Person | None:
        slug = (await Person(self._http, self._tally, "", "").ask("GET", f"/sellers/{seller_id}"))["slug"]
        number = slug.removeprefix("demo-")
        if not number.isdigit():
            return None
        self._signed_in_at = time.monotonic()
        owner = Person(self._http, self._tally, seller_email(int(number)), self._password)
        await owner.sign_in()
        return owner

    async def mistype(self, product: dict[str, Any]) -> bool:
        """A demo seller forgets the decimal point of a price, if the product has one; whether it happened."""
        seller = await self.of(product["seller_id"])
        if seller is None:
            return False
        await seller.ask("PATCH", f"/products/{product['id']}", {"price_minor": 100 * product["price_minor"]})
        self._tally["prices mistyped"] += 1
        return True

    async def mend(self, product: dict[str, Any]) -> None:
        """And sees it."""
        seller = await self.of(product["seller_id"])
        if seller is not None:
            await seller.ask("PATCH", f"/products/{product['id']}", {"price_minor": product["price_minor"]})
            self._tally["prices mended"] += 1

    async def restock(self, product: dict[str, Any]) -> None:
        """Put new units of a product on the shelf when few are left."""
        if product["available"] > LOW_UNITS:
            return
        seller = await self.of(product["seller_id"])
        if seller is not None:
            await seller.ask("POST", f"/inventory/{product['id']}", {"quantity": RESTOCK_UNITS, "reason": "received"})
            self._tally["restocked"] += 1
