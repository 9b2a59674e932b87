"""A search in the words of Meilisearch, and its answer in ours."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from api.catalog import queries as catalog
from api.search.asked import Asked
from api.search.schemas import BrandCount, CategoryCount, Facets, FoundProduct, PriceCount, RatingCount, StockCount
from streams.views import price_below

SORTS: Mapping[str, str] = {
    "price": "price_minor:asc",
    "-price": "price_minor:desc",
    "-rating": "rating_average:desc",
    "-created_at": "created_at:desc",
    "-units_sold": "units_sold:desc",
}
FACETS = ("category_ids", "brand", "price_from", "rating_from", "in_stock", "currency")
SHOWN = (
    "id", "sku", "seller_id", "spec_id", "category_ids", "category", "name", "brand", "price_minor", "currency",
    "in_stock", "rating_average", "rating_count", "image", "created_at",
)  # fmt: skip
BEST_RATING = 5


def query(asked: Asked) -> dict[str, Any]:
    """The query of a page, and of one result more; with an order, only products that have every word."""
    said: dict[str, Any] = {
        "q": asked.wanted.q,
        "filter": list(_filters(asked)),
        "offset": asked.offset,
        "limit": asked.most + 1,
        "facets": FACETS,
        "attributesToRetrieve": SHOWN,
    }
    if asked.wanted.sort in SORTS:
        said |= {"sort": [SORTS[asked.wanted.sort], "id:asc"], "matchingStrategy": "all"}
    return said


def _filters(asked: Asked) -> Iterable[str]:
    wanted = asked.wanted
    bounds = (
        ("category_ids =", wanted.category_id),
        ("seller_id =", wanted.seller_id),
        ("currency =", wanted.currency),
        ("price_minor >=", wanted.price_min),
        ("price_minor <=", wanted.price_max),
        ("rating_average >=", wanted.rating_min),
        ("in_stock =", None if wanted.in_stock is None else str(wanted.in_stock).lower()),
    )
    yield from (f"{bound} {_quoted(str(value))}" for bound, value in bounds if value is not None)
    if wanted.brand:
        yield f"brand IN {_listed(wanted.brand)}"
    for key, values in asked.specs.items():
        yield f"{_quoted('specifications.' + key)} IN {_listed(values)}"
    if asked.place:
        yield f"created_ms <= {asked.at_ms} OR created_ms IS NULL"


def _listed(values: Iterable[str]) -> str:
    return f"[{', '.join(map(_quoted, values))}]"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def product(hit: Mapping[str, Any]) -> FoundProduct:
    """A product out of its document."""
    rated, image = hit["rating_average"], hit["image"]
    return FoundProduct.model_validate(
        {**hit, "rating_average": None if rated is None else f"{rated:.2f}", "image": image and catalog.picture(image)}
    )


def facet_categories(answer: Mapping[str, Any]) -> dict[UUID, int]:
    """How many of the found products are in each category."""
    return {UUID(key): count for key, count in _counts(answer, "category_ids").items()}


def facets(answer: Mapping[str, Any], names: Mapping[UUID, str]) -> Facets:
    """The facets; `names` are those of the categories that still are."""
    rated = {int(key): count for key, count in _counts(answer, "rating_from").items()}
    stock = _counts(answer, "in_stock")
    return Facets(
        category=[
            CategoryCount(id=each, name=names[each], count=count)
            for each, count in facet_categories(answer).items()
            if each in names
        ],
        brand=[BrandCount(brand=brand, count=count) for brand, count in _counts(answer, "brand").items()],
        price=_prices(answer),
        rating=[
            RatingCount(rating_min=least, count=sum(count for each, count in rated.items() if each >= least))
            for least in range(BEST_RATING, 0, -1)
        ],
        in_stock=StockCount(in_stock=stock.get("true", 0), sold_out=stock.get("false", 0)),
    )


def _prices(answer: Mapping[str, Any]) -> list[PriceCount]:
    if len(_counts(answer, "currency")) > 1:
        return []
    ranges = sorted((int(key), count) for key, count in _counts(answer, "price_from").items())
    return [PriceCount(from_minor=start, below_minor=price_below(start), count=count) for start, count in ranges]


def _counts(answer: Mapping[str, Any], name: str) -> dict[str, int]:
    counts: dict[str, int] = answer["facetDistribution"].get(name, {})
    return counts


def likely(typed: str, most: int) -> list[dict[str, Any]]:
    """The queries of suggestions: products, then the brands whose names are meant."""
    return [
        {"q": typed, "limit": most, "attributesToRetrieve": ["id", "name"], "matchingStrategy": "all"},
        {"q": typed, "limit": 0, "attributesToSearchOn": ["brand"], "facets": ["brand"], "matchingStrategy": "all"},
    ]


def brands(answer: Mapping[str, Any]) -> list[str]:
    """Brands, those with most products first."""
    return list(_counts(answer, "brand"))
