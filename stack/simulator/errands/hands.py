"""Who is there for an errand."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from atlantic_client.models import Product

from stack.simulator.merchants import Merchants
from stack.simulator.people import Lines, Person, RefusedError


@dataclass(frozen=True)
class Hands:
    """A shopper who has nothing else to do, products of one currency, the sellers, and the platform's admin."""

    shopper: Person
    shelf: Sequence[Product]
    merchants: Merchants
    admin: Person
    lines: Lines
    chance: random.Random
    tally: Counter[str]

    def product(self) -> Product:
        """One of the shelf."""
        return self.chance.choice(list(self.shelf))

    async def sold(self) -> tuple[Product, Person]:
        """A product and its seller; RefusedError when that one is not signed in yet."""
        product = self.product()
        seller = await self.merchants.of(product.seller_id)
        if seller is None:
            raise RefusedError("the seller is not there yet")
        return product, seller
