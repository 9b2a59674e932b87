"""Lists as PostgreSQL writes them: byte for byte what the schema writes of the rows, whatever is asked."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, NamedTuple

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api import db
from api.cache import Cache
from api.catalog import queries, statements
from api.catalog.asked import asked
from api.catalog.models import products
from api.catalog.schemas import Product, ProductsWanted
from api.catalog.showcase import Showcase
from api.errors import CursorInvalid
from api.pagination import Keyset, Page
from streams.views import average
from tests.api.base.listening import heard
from tests.api.catalog.variety import BRANDS, COUNT, Variety, made

SECRET = "nobody knows it"
SORTS = ("created_at", "price", "name", "rating")


class Shop(NamedTuple):
    """What anybody may see of what there is."""

    showcase: Showcase
    run: Callable[[Coroutine[Any, Any, Any]], Any]
    has: Variety


@pytest.fixture(scope="module", params=[5, 1000], ids=["cut short", "whole"])
def shop(request: pytest.FixtureRequest, pg: str, redis_url: str) -> Iterator[Shop]:
    """A showcase that looks through few or all of the products when it reads several lists at once."""
    with pytest.MonkeyPatch.context() as patch, asyncio.Runner() as runner:
        patch.setattr(statements, "SEEN", request.param)
        statements.together.cache_clear()
        pool, cache = db.engine(pg, size=4), Cache(redis_url)
        yield Shop(Showcase(pool, cache, SECRET), runner.run, made(pg))
        runner.run(pool.dispose())
        runner.run(cache.close())
    statements.together.cache_clear()


filters = st.fixed_dictionaries(
    {"sort": st.sampled_from([way + sort for sort in SORTS for way in ("", "-")]), "limit": st.integers(1, 100)},
    optional={
        "category": st.integers(0, 2),
        "seller": st.integers(0, 2),
        "spec": st.just(0),
        "brand": st.lists(st.sampled_from([*BRANDS[1:], "nobody"]), min_size=1, max_size=3),
        "ids": st.lists(st.integers(0, COUNT - 1), min_size=1, max_size=30),
        "price_min": st.integers(99, 111),
        "in_stock": st.booleans(),
        "rating_min": st.decimals(0, 5, places=2),
    },
)
plain = st.fixed_dictionaries(
    {"sort": st.sampled_from(["-created_at", "created_at", "price", "-price"]), "limit": st.integers(1, 12)},
    optional={"in_stock": st.just(True), "rating_min": st.decimals(0, 5, places=2), "seller": st.integers(0, 2)},
)


def _wanted(shop: Shop, drawn: dict[str, Any], **more: Any) -> ProductsWanted:
    """A filter by what was drawn: sellers, categories, sheets and products stand in it by number."""
    named = {"category": shop.has.categories, "seller": shop.has.sellers, "spec": shop.has.specs}
    fields = {name: value for name, value in drawn.items() if name not in (*named, "ids")}
    fields |= {f"{name}_id": those[drawn[name]] for name, those in named.items() if name in drawn}
    if "ids" in drawn:
        fields["ids"] = [shop.has.rows[number].id for number in drawn["ids"]]
    return ProductsWanted.model_validate(fields | more)


def _takes(shop: Shop, wanted: ProductsWanted, row: Any, *, every_seller: bool) -> bool:
    at = shop.has.categories.index(wanted.category_id) if wanted.category_id else 0
    return (
        (row.open or every_seller)
        and row.status == wanted.status
        and row.category_id in shop.has.categories[at:]
        and wanted.seller_id in (None, row.seller_id)
        and wanted.spec_id in (None, row.spec_id)
        and (not wanted.brand or row.brand in wanted.brand)
        and (not wanted.ids or row.id in wanted.ids)
        and (wanted.price_min is None or row.price_minor >= wanted.price_min)
        and (wanted.price_max is None or row.price_minor <= wanted.price_max)
        and wanted.in_stock in (None, row.available > 0)
        and (wanted.rating_min is None or (row.rating_count > 0 and _rating(row) >= wanted.rating_min * 100))
    )


def _rating(row: Any) -> int:
    return int(Decimal(average(row.rating_sum, row.rating_count) or 0) * 100)


def _expected(shop: Shop, wanted: ProductsWanted, *, every_seller: bool = False) -> list[bytes]:
    """All pages, as the framework writes them; a cursor is made as for any other list."""
    order = wanted.sort.lstrip("-")
    value: dict[str, Callable[[Any], Any]] = {
        "created_at": lambda row: row.created_at, "price": lambda row: row.price_minor, "rating": _rating,
        "name": lambda row: row.name_rank,
    }  # fmt: skip
    rows = [row for row in shop.has.rows if _takes(shop, wanted, row, every_seller=every_seller)]
    rows.sort(key=lambda row: (value[order](row), row.id), reverse=wanted.sort.startswith("-"))
    bound = wanted.model_dump(exclude={"cursor", "limit", "sort"})
    keyset = Keyset(SECRET, wanted.sort, queries.SORTS[order](products), products.c.id, bound)
    shown = {"name": lambda row: row.name}
    pages = []
    for start in range(0, len(rows) or 1, wanted.limit):
        places: list[Any] = [
            SimpleNamespace(sort_id=row.id, sort_value=shown.get(order, value[order])(row)) for row in rows[start:]
        ]
        items = [_product(row) for row in rows[start : start + wanted.limit]]
        page = Page[Product](items=items, next_cursor=keyset.next_cursor(places, wanted.limit))
        pages.append(page.model_dump_json().encode())
    return pages


def _product(row: Any) -> Product:
    rated = average(row.rating_sum, row.rating_count)
    return Product.model_validate({**row._asdict(), "in_stock": row.available > 0, "rating_average": rated})


def _read(shop: Shop, wanted: ProductsWanted, *, every_seller: bool = False) -> list[bytes]:
    """All pages, by their cursors."""
    pages: list[bytes] = []
    cursor = None
    while not pages or cursor:
        one = asked(wanted.model_copy(update={"cursor": cursor}), every_seller=every_seller)
        pages.append(shop.run(shop.showcase.listed(one)))
        cursor = Page[Product].model_validate_json(pages[-1]).next_cursor
    return pages


@settings(max_examples=20)
@given(drawn=filters, status=st.sampled_from(["active", "inactive", "deleted"]), every_seller=st.booleans())
def test_every_page_of_every_list(shop: Shop, drawn: dict[str, Any], status: str, every_seller: bool) -> None:
    """E-CAT-2, R-API-6, R-API-7."""
    wanted = _wanted(shop, drawn, status=status)
    assert _read(shop, wanted, every_seller=every_seller) == _expected(shop, wanted, every_seller=every_seller)


@settings(max_examples=12)
@given(drawn=plain, most=st.lists(st.integers(98, 111), min_size=1, max_size=12, unique=True))
def test_lists_that_are_read_together(shop: Shop, drawn: dict[str, Any], most: list[int]) -> None:
    """Each is what it would be alone."""
    wanted = [_wanted(shop, drawn, price_max=price) for price in most]

    async def at_once() -> list[bytes]:
        return await asyncio.gather(*(shop.showcase.listed(asked(each)) for each in wanted))

    assert shop.run(at_once()) == [_expected(shop, each)[0] for each in wanted]


def test_a_crowd_takes_few_round_trips_and_one_bad_cursor_is_nobody_elses(shop: Shop) -> None:
    """R-NFR-4, R-API-6."""
    crowd = [ProductsWanted(limit=2, price_max=100_000 + number) for number in range(40)]

    async def at_once() -> list[bytes | BaseException]:
        altered = ProductsWanted(limit=2, price_max=99_999, cursor="altered")
        calls = (shop.showcase.listed(asked(each)) for each in (altered, *crowd))
        return await asyncio.gather(*calls, return_exceptions=True)

    with heard() as sent:
        refused, *found = shop.run(at_once())
    assert isinstance(refused, CursorInvalid)
    assert found == [_expected(shop, each)[0] for each in crowd]
    assert len(sent) <= 40 / statements.MOST + 1
    assert len(set(sent)) == 1, "the same text for all, so that it is prepared once"


@pytest.mark.parametrize("path", ["products", "search"])
def test_a_rating_of_thousands_of_digits_is_refused(api: str, path: str) -> None:
    """R-API-3: PostgreSQL holds no such number; anybody could fail the call by it."""
    for least in ("1e-20000", "4.0000001"):
        refused = httpx2.get(f"{api}/v1/{path}", params={"rating_min": least})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "query.rating_min")
    assert httpx2.get(f"{api}/v1/{path}", params={"rating_min": "4.333333"}).status_code == 200
