"""The lists of products that are published: popular, in all and by category, and trending. Pure."""

from collections.abc import Iterable, Mapping
from heapq import nlargest

from streams.catalog.state import Catalog
from streams.ids import text
from streams.recommendations.state import Products, popular, trending
from streams.views import LIST_LENGTH, TRENDING_KEY, popular_key

Ranked = dict[str, int]
"""Product ids and their scores."""


def lists(products: Products, catalog: Catalog, now_s: float) -> dict[str, Ranked]:
    """Every list by its Redis key; products that shoppers cannot find are in none (R-REC-1, R-REC-4)."""
    activity = products.table.values
    sold = _found(popular(activity.items(), int(now_s) // 86_400), catalog)
    hot = _found(trending(activity.items(), int(now_s) // 3_600), catalog)
    by_category = {popular_key(name): _top(some) for name, some in _by_category(sold, catalog).items()}
    named = {popular_key(): _top(sold.items()), TRENDING_KEY: _top(hot.items()), **by_category}
    return {key: ranked for key, ranked in named.items() if ranked}


def _found(scores: Ranked, catalog: Catalog) -> Ranked:
    known = catalog.products.values
    return {name: score for name, score in scores.items() if name not in known or catalog.is_found(known[name])}


def _by_category(scores: Mapping[str, int], catalog: Catalog) -> dict[str, list[tuple[str, int]]]:
    found: dict[str, list[tuple[str, int]]] = {}
    for name, score in scores.items():
        product = catalog.products.get(name)
        for category_id in catalog.category_ids(product) if product else ():
            found.setdefault(text(category_id), []).append((name, score))
    return found


def _top(scores: Iterable[tuple[str, int]]) -> Ranked:
    return dict(nlargest(LIST_LENGTH, scores, key=lambda scored: (scored[1], scored[0])))
