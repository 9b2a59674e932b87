"""A list of products as it is asked for: its shape, which is the statement's text, and its values."""

from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, BigInteger, Numeric, Text, Uuid
from sqlalchemy.types import TypeEngine

from api.catalog.schemas import ProductsWanted
from api.pagination import scope

VALUES: Mapping[str, TypeEngine[Any]] = {
    "category_id": Uuid(),
    "seller_id": Uuid(),
    "spec_id": Uuid(),
    "brand": ARRAY(Text),
    "ids": ARRAY(Uuid),
    "price_min": BigInteger(),
    "price_max": BigInteger(),
    "rating_min": Numeric(),
}
"""What differs between lists of the same shape."""
_LED_BY_INDEX = {"created_at", "price"}
_COMMON = {"seller_id", "price_min", "price_max", "rating_min"}


class Shape(NamedTuple):
    """The names of the values that are given, and all that is no value; `begun` on every page but the first."""

    given: tuple[str, ...]
    status: str
    in_stock: bool | None
    sort: str
    limit: int
    begun: bool
    every_seller: bool

    @property
    def down(self) -> bool:
        """Whether the greatest comes first."""
        return self.sort.startswith("-")

    @property
    def order(self) -> str:
        """The name of the order, whichever way."""
        return self.sort.lstrip("-")

    @property
    def shares(self) -> bool:
        """Whether such lists are read several at a time: those that find a page among the first in their order.

        That is so where an index leads through the order, or through a seller's newest, and the values are common ones.
        """
        seen = self.order in _LED_BY_INDEX if "seller_id" not in self.given else self.order == "created_at"
        return seen and _COMMON.issuperset(self.given) and self.in_stock is not False and not self.every_seller


class Asked(NamedTuple):
    """A list: the values of what is given, what binds its cursors to it, and the cursor of the page that is wanted."""

    shape: Shape
    values: tuple[Hashable, ...]
    scope: str
    cursor: str | None


def asked(wanted: ProductsWanted, *, every_seller: bool = False) -> Asked:
    """What a filter asks for; with `every_seller` products of inactive sellers, too."""
    filters = wanted.model_dump(exclude={"cursor", "limit", "sort"})
    given = {name: filters[name] for name in VALUES if filters[name] not in (None, [])}
    begun = bool(wanted.cursor)
    shape = Shape(tuple(given), wanted.status, wanted.in_stock, wanted.sort, wanted.limit, begun, every_seller)
    values = (tuple(value) if isinstance(value, list) else value for value in given.values())
    return Asked(shape, tuple(values), scope(wanted.sort, filters), wanted.cursor)
