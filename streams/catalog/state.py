"""Products, categories and sellers as their last fact left them: pure, an older or repeated fact changes nothing."""

from datetime import datetime
from functools import cache
from typing import TypeVar
from uuid import UUID

import msgspec

from streams.events import Envelope
from streams.events.catalog import CategoryDeleted, CategoryState, ProductDeleted, ProductState
from streams.events.sellers import SellerEvent
from streams.ids import text
from streams.inventory.state import DEFAULT_THRESHOLD
from streams.reading import Place
from streams.tables import Table

ACTIVE = "active"
DELETED = "deleted"


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """A product after its fact number `seq`; a deleted one keeps its id and number alone."""

    seq: int
    status: str
    seller_id: UUID
    sku: str
    spec_id: UUID | None = None
    title: str = ""
    description: str = ""
    category: tuple[str, ...] = ()
    category_ids: tuple[UUID, ...] = ()
    brand: str | None = None
    keywords: tuple[str, ...] = ()
    price_minor: int = 0
    currency: str = ""
    specifications: dict[str, str | int | float | bool] = msgspec.field(default_factory=dict)
    image: str | None = None
    created_at: datetime | None = None


class Category(msgspec.Struct, frozen=True, kw_only=True):
    """A category after its fact number `seq`."""

    seq: int
    title: str
    parent_id: UUID | msgspec.UnsetType | None = msgspec.UNSET
    """None at the top; unset in rows that were stored before it was kept."""


class Seller(msgspec.Struct, frozen=True, kw_only=True):
    """A seller account after its fact number `seq`."""

    seq: int
    slug: str
    display_name: str
    currency: str
    low_stock_threshold: int
    status: str


S = TypeVar("S", Product, Category, Seller)


class Catalog:
    """The tables of products, categories and sellers, and which products are found."""

    def __init__(self) -> None:
        self.products: Table[Product] = Table("products", Product, "product: as its last fact left it")
        self.categories: Table[Category] = Table("categories", Category, "category: its name and what it is below")
        self.sellers: Table[Seller] = Table("sellers", Seller, "seller: name, threshold, status")

    def apply(self, envelope: Envelope, place: Place) -> set[str]:
        """Take a fact; the products whose documents it may change."""
        event, key, seq = envelope.payload, str(envelope.aggregate_id), envelope.aggregate_seq
        match event:
            case ProductState() | ProductDeleted():
                value = _product(event, seq)
                return {key} if _newer(self.products, key, value, place) else set()
            case CategoryState():
                category = Category(seq=seq, title=event.title, parent_id=event.parent_id)
                if _newer(self.categories, key, category, place):
                    return self._in_category(envelope.aggregate_id)
            case SellerEvent():
                before = self.sellers.get(key)
                if _newer(self.sellers, key, _seller(event, seq), place) and before is not None:
                    return self._of_seller(envelope.aggregate_id) if before.status != event.status else set()
            case CategoryDeleted() | _:
                pass
        return set()

    def _in_category(self, category_id: UUID) -> set[str]:
        above = cache(self._above)
        return {
            key
            for key, product in self.products.values.items()
            if category_id in product.category_ids or category_id in (above(product.category_ids[-1:]) or ())
        }

    def _of_seller(self, seller_id: UUID) -> set[str]:
        return {key for key, product in self.products.values.items() if product.seller_id == seller_id}

    def threshold(self, seller_id: UUID) -> int:
        """At or below how many units a product of the seller is low."""
        seller = self.sellers.get(text(seller_id))
        return seller.low_stock_threshold if seller else DEFAULT_THRESHOLD

    def is_found(self, product: Product) -> bool:
        """Whether shoppers may find the product (R-SRC-4); an unknown seller is taken for active."""
        seller = self.sellers.get(str(product.seller_id))
        return product.status == ACTIVE and (seller is None or seller.status == ACTIVE)

    def category_ids(self, product: Product) -> tuple[UUID, ...]:
        """The product's categories from the top down, as the tree is now; as its fact said while parts are unknown."""
        return self._above(product.category_ids[-1:]) or product.category_ids

    def path(self, product: Product) -> list[str]:
        """Names of the product's categories from the top down, as they are now."""
        ids = self.category_ids(product)
        if ids == product.category_ids:
            return self._renamed(product)
        return [self.categories.values[str(category_id)].title for category_id in ids]

    def _renamed(self, product: Product) -> list[str]:
        known = [self.categories.get(str(category_id)) for category_id in product.category_ids]
        if len(known) != len(product.category):
            return list(product.category)
        return [now.title if now else then for now, then in zip(known, product.category, strict=True)]

    def _above(self, leaf: tuple[UUID, ...]) -> tuple[UUID, ...] | None:
        """The way down to a category; None while a part of it is unknown, or facts of two moves are half read."""
        way: tuple[UUID, ...] = ()
        below = leaf[0] if leaf else None
        while below is not None:
            category = self.categories.get(text(below))
            if category is None or category.parent_id is msgspec.UNSET or below in way:
                return None
            way, below = (below, *way), category.parent_id
        return way


def _newer(table: Table[S], key: str, value: S, place: Place) -> bool:
    known = table.get(key)
    if known is not None and value.seq <= known.seq:
        return False
    table.put(key, value, place.partition)
    return True


def _product(event: ProductState | ProductDeleted, seq: int) -> Product:
    if isinstance(event, ProductDeleted):
        return Product(seq=seq, status=DELETED, seller_id=event.seller_id, sku=event.sku)
    return Product(
        seq=seq,
        status=event.status,
        seller_id=event.seller_id,
        sku=event.sku,
        spec_id=event.spec_id,
        title=event.title,
        description=event.description,
        category=event.category,
        category_ids=event.category_ids,
        brand=event.brand,
        keywords=event.keywords,
        price_minor=event.price_minor,
        currency=event.currency,
        specifications=event.specifications,
        image=event.images[0] if event.images else None,
        created_at=event.created_at,
    )


def _seller(event: SellerEvent, seq: int) -> Seller:
    return Seller(
        seq=seq,
        slug=event.slug,
        display_name=event.display_name,
        currency=event.currency,
        low_stock_threshold=event.low_stock_threshold,
        status=event.status,
    )
