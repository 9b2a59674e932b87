"""The search document of a product: pure (requirements 14.4)."""

from collections.abc import Mapping
from typing import Any

from streams.catalog.state import Catalog, Product
from streams.inventory.state import Level

Document = dict[str, Any]

SETTINGS: Mapping[str, Any] = {
    "searchableAttributes": ["name", "brand", "keywords", "sku", "category", "specifications", "description"],
    "filterableAttributes": [
        "category_ids", "brand", "seller_id", "spec_id", "price_minor", "currency", "rating_average", "in_stock",
        "specifications",
    ],
    "sortableAttributes": ["price_minor", "rating_average", "created_at", "units_sold"],
    "rankingRules": [
        "words", "typo", "proximity", "attribute", "sort", "exactness", "in_stock:desc", "units_sold:desc",
    ],
    "typoTolerance": {"disableOnAttributes": ["sku"], "disableOnNumbers": True},
    "pagination": {"maxTotalHits": 1000},
    "faceting": {"maxValuesPerFacet": 100},
}  # fmt: skip


def document(product_id: str, product: Product, catalog: Catalog, level: Level | None, units_sold: int) -> Document:
    """The whole document of a product that is found."""
    return {
        "id": product_id,
        "sku": product.sku,
        "spec_id": str(product.spec_id) if product.spec_id else None,
        "seller_id": str(product.seller_id),
        "name": product.title,
        "description": product.description,
        "category": catalog.path(product),
        "category_ids": [str(category_id) for category_id in product.category_ids],
        "brand": product.brand,
        "keywords": list(product.keywords),
        "price_minor": product.price_minor,
        "currency": product.currency,
        "specifications": product.specifications,
        "rating_average": None,
        "rating_count": 0,
        "image": product.image,
        "created_at": product.created_at.isoformat() if product.created_at else None,
        "seq": product.seq,
        **live(product_id, level, units_sold),
    }


def live(product_id: str, level: Level | None, units_sold: int) -> Document:
    """The fields that follow stock and sales, for a partial update."""
    return {"id": product_id, "in_stock": level is not None and level.available > 0, "units_sold": max(units_sold, 0)}
