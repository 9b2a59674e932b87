"""Product answers, and their copy in Redis for 15 minutes (R-CAT-1, R-CAT-2)."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from api.cache import Cache
from api.catalog import queries
from api.catalog.images.sizes import EDGES
from api.catalog.schemas import Product, ProductPage
from streams.views import average, inventory_key, product_version_key, rating_key, rating_text

TTL_S = 15 * 60
_UNRATED = rating_text(None, 0).encode()
DROPPED_AT_ONCE = 1000

_KEEP_NEWER = """
local held = redis.call('GET', KEYS[1])
if held and cjson.decode(held).version > tonumber(ARGV[2]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[3])
return 1
"""


def key(product_id: UUID) -> str:
    """Redis key of a product's page."""
    return f"product:{product_id}"


def _fields(row: Row[Any], path: Sequence[str]) -> dict[str, Any]:
    rated = average(row.rating_sum, row.rating_count)
    derived = {"category": path, "in_stock": row.available > 0, "rating_average": rated}
    return {**row._mapping, **derived}


def image(row: Row[Any]) -> dict[str, Any]:
    """A picture's fields, with the addresses of its sizes."""
    return _pictured({**row._mapping})


def _pictured(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {**fields, "urls": {size: f"/v1/images/{fields['object_key']}/{size}" for size in EDGES}}


def products(rows: Sequence[Row[Any]]) -> list[Product]:
    """Answers of a list's rows, which are `queries.pathed`."""
    return [Product.model_validate(_fields(row, row.path)) for row in rows]


async def page(conn: AsyncConnection, product_id: UUID) -> ProductPage | None:
    """A product with its sheet, whatever its status; None when there is none."""
    row = await queries.shown(conn, product_id)
    if row is None:
        return None
    sheet = await queries.specification(conn, row.spec_id) if row.spec_id else None
    beside = {
        "specifications": sheet.specifications if sheet else {},
        "images": [_pictured(found) for found in row.images],
        "offers": await queries.offers(conn, row.spec_id) if row.spec_id else int(row.status == "active"),
    }
    return ProductPage.model_validate(_fields(row, row.path) | beside)


async def cached(cache: Cache, product_id: UUID) -> ProductPage | None:
    """The copy, with the stock that the stream side knows; None when either is absent, or the copy known to be old.

    A rating raises no version: a copy with another average than the stream side's is not served either.
    """
    names = (key, inventory_key, product_version_key, rating_key)
    found = await cache.get_many([name(product_id) for name in names])
    if not found or found[0] is None or found[1] is None or found[2] is None:
        return None
    copy, units, rated = ProductPage.model_validate_json(found[0]), int(found[1]), found[3] or _UNRATED
    if copy.version < int(found[2]) or rating_text(copy.rating_average, copy.rating_count).encode() != rated:
        return None
    return copy.model_copy(update={"available": units, "in_stock": units > 0})


async def remember(cache: Cache, copy: ProductPage) -> None:
    """Put a copy into Redis unless a newer one is there."""
    if cache.available:
        args = (copy.model_dump_json(), str(copy.version), str(TTL_S))
        await cache.attempt(cache.redis.eval(_KEEP_NEWER, 1, key(copy.id), *args))


async def forget(cache: Cache, product_ids: Sequence[UUID]) -> None:
    """Drop copies that show what is no more, such as the names of their categories."""
    for start in range(0, len(product_ids), DROPPED_AT_ONCE):
        await cache.drop(*map(key, product_ids[start : start + DROPPED_AT_ONCE]))
