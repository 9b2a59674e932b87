"""The search document of a product: pure (requirements 14.4)."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from streams.catalog.state import Catalog, Product
from streams.inventory.state import Level
from streams.reviews.state import Rated
from streams.views import average, price_from

Document = dict[str, Any]

LARGEST = 2**53 - 1
"""Of the whole numbers that every double holds; facts of earlier days tell of larger ones."""

SETTINGS: Mapping[str, Any] = {
    "searchableAttributes": ["name", "brand", "keywords", "sku", "category", "specifications", "description"],
    "filterableAttributes": [
        "id", "category_ids", "brand", "seller_id", "spec_id", "price_minor", "currency", "rating_average", "in_stock",
        "specifications", "created_ms", "price_from", "rating_from",
    ],
    "sortableAttributes": ["price_minor", "rating_average", "created_at", "units_sold", "id"],
    # Whoever asks for an order gets that order (R-API-7); without one, the rule does nothing.
    "rankingRules": [
        "sort", "words", "typo", "proximity", "attribute", "exactness", "in_stock:desc", "units_sold:desc",
    ],
    "typoTolerance": {"disableOnAttributes": ["sku"], "disableOnNumbers": True},
    "pagination": {"maxTotalHits": 1000},
    "faceting": {"maxValuesPerFacet": 100, "sortFacetValuesBy": {"*": "count"}},
}  # fmt: skip


class Numbers(NamedTuple):
    """What other facts than the product's own say of it."""

    level: Level | None
    rated: Rated
    units_sold: int


def document(product_id: str, product: Product, catalog: Catalog, numbers: Numbers) -> Document:
    """The whole document of a product that is found."""
    return {
        "id": product_id,
        "sku": product.sku,
        "spec_id": str(product.spec_id) if product.spec_id else None,
        "seller_id": str(product.seller_id),
        "name": product.title,
        "description": product.description,
        "category": catalog.path(product),
        "category_ids": [str(category_id) for category_id in catalog.category_ids(product)],
        "brand": product.brand,
        "keywords": list(product.keywords),
        "price_minor": product.price_minor,
        "price_from": price_from(product.price_minor),
        "currency": product.currency,
        "specifications": {name: _storable(value) for name, value in product.specifications.items()},
        "image": product.image,
        "created_at": product.created_at.isoformat() if product.created_at else None,
        "created_ms": int(product.created_at.timestamp() * 1000) if product.created_at else None,
        "seq": product.seq,
        **live(product_id, numbers),
    }


def _storable(value: str | float) -> str | float:
    """A number that is no double fails the batch that it stands in, and every one after that: it goes in as text."""
    return str(value) if isinstance(value, int) and abs(value) > LARGEST else value


def live(product_id: str, numbers: Numbers) -> Document:
    """The fields that follow stock, ratings and sales, for a partial update; an average is a number, to compare."""
    level, rated, units_sold = numbers
    shown = average(rated.sum, rated.count)
    return {
        "id": product_id,
        "in_stock": level is not None and level.available > 0,
        "rating_average": float(shown) if shown else None,
        "rating_from": int(float(shown)) if shown else None,
        "rating_count": rated.count,
        "units_sold": max(units_sold, 0),
    }
