"""Facts about products and categories."""

from datetime import datetime
from uuid import UUID

import msgspec

from streams.events.envelope import Event


class ProductState(Event, frozen=True, kw_only=True):
    """The whole product after the fact; `category` is the path of names from the top level down."""

    topic = "catalog"
    landing = "landing_products"
    key = "product_id"
    product_id: UUID
    sku: str
    spec_id: UUID | None = None
    seller_id: UUID
    title: str
    description: str = ""
    category_id: UUID
    category: tuple[str, ...]
    category_ids: tuple[UUID, ...] = ()
    brand: str | None = None
    keywords: tuple[str, ...] = ()
    price_minor: int
    currency: str
    tax_bp: int = 0
    weight_grams: int = 0
    specifications: dict[str, str | int | float | bool] = msgspec.field(default_factory=dict)
    images: tuple[str, ...] = ()
    status: str = "active"
    product_version: int
    created_at: datetime


class ProductCreated(ProductState, frozen=True, kw_only=True):
    """A seller listed a product."""

    name = "product.created"


class ProductUpdated(ProductState, frozen=True, kw_only=True):
    """A product changed; `price_before_minor` is there when its price did."""

    name = "product.updated"
    changed: tuple[str, ...]
    price_before_minor: int | None = None


class ProductDeleted(Event, frozen=True, kw_only=True):
    """A product left the catalogue for good."""

    name = "product.deleted"
    topic = "catalog"
    landing = "landing_products"
    key = "product_id"
    product_id: UUID
    sku: str
    seller_id: UUID


class CategoryState(Event, frozen=True, kw_only=True):
    """A category and the path of names down to it."""

    topic = "catalog"
    landing = "landing_categories"
    key = "category_id"
    category_id: UUID
    title: str
    parent_id: UUID | None = None
    path: tuple[str, ...]


class CategoryCreated(CategoryState, frozen=True, kw_only=True):
    """A category was added."""

    name = "category.created"


class CategoryUpdated(CategoryState, frozen=True, kw_only=True):
    """A category was renamed or moved."""

    name = "category.updated"
    changed: tuple[str, ...]


class CategoryDeleted(Event, frozen=True, kw_only=True):
    """A category was removed."""

    name = "category.deleted"
    topic = "catalog"
    landing = "landing_categories"
    key = "category_id"
    category_id: UUID
