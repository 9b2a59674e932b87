"""Product answers, and their copy in Redis for 15 minutes (R-CAT-1, R-CAT-2)."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from api.cache import Cache
from api.catalog import queries
from api.catalog.images.sizes import EDGES
from api.catalog.schemas import ProductPage
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
_STOCK = re.compile(rb',"available":-?\d+,"in_stock":(?:true|false)')
"""Of a page's JSON. In a text the quotes would be escaped, and keys of the seller's own come later."""


class Shown(NamedTuple):
    """A product's page as JSON, and what decides who may see it."""

    body: bytes
    status: str
    seller_id: UUID


class Held(NamedTuple):
    """What Redis has of a page: the copy, unless there is none or a newer page; whether one would count if it had."""

    page: Shown | None
    counts: bool


class _Copy(msgspec.Struct):
    """What is read of a copy."""

    version: int
    status: str
    seller_id: UUID
    rating_average: str | None
    rating_count: int


_copy = msgspec.json.Decoder(_Copy).decode


def key(product_id: UUID) -> str:
    """Redis key of a product's page."""
    return f"product:{product_id}"


_NAMES = (key, inventory_key, product_version_key, rating_key)


def _fields(row: Row[Any]) -> dict[str, Any]:
    rated = average(row.rating_sum, row.rating_count)
    derived = {"category": row.path, "in_stock": row.available > 0, "rating_average": rated}
    return {**row._mapping, **derived}


def image(row: Row[Any]) -> dict[str, Any]:
    """A picture's fields, with the addresses of its sizes."""
    return _pictured({**row._mapping})


def _pictured(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {**fields, "urls": {size: queries.picture(fields["object_key"], size) for size in EDGES}}


def of_row(row: Row[Any]) -> ProductPage:
    """The page of a row of `queries.shown`."""
    return ProductPage.model_validate({**_fields(row), "images": [_pictured(found) for found in row.images]})


async def page(conn: AsyncConnection, product_id: UUID) -> ProductPage | None:
    """A product with its sheet, whatever its status; None when there is none."""
    rows = await queries.shown(conn, [product_id])
    return of_row(rows[0]) if rows else None


def shown(found: ProductPage) -> Shown:
    """A page as it goes out."""
    return Shown(found.model_dump_json().encode(), found.status, found.seller_id)


async def held(cache: Cache, product_ids: Sequence[UUID]) -> list[Held]:
    """What Redis has of some products, in one round trip; the stock is that which the stream side knows."""
    found = await cache.get_many([name(product_id) for product_id in product_ids for name in _NAMES])
    if not found:
        return [Held(None, counts=False)] * len(product_ids)
    return [_held(*found[at : at + len(_NAMES)]) for at in range(0, len(found), len(_NAMES))]


def _held(copy: bytes | None, units: bytes | None, version: bytes | None, rated: bytes | None) -> Held:
    """A copy counts while the stream side knows the product's stock and version, and none that is newer.

    A rating raises no version: a copy with another average than the stream side's is not served either.
    """
    if units is None or version is None:
        return Held(None, counts=False)
    if copy is None:
        return Held(None, counts=True)
    read = _copy(copy)
    same_rating = rating_text(read.rating_average, read.rating_count).encode() == (rated or _UNRATED)
    if read.version < int(version) or not same_rating:
        return Held(None, counts=True)
    return Held(Shown(_with_stock(copy, int(units)), read.status, read.seller_id), counts=True)


def _with_stock(copy: bytes, units: int) -> bytes:
    told = b',"available":%d,"in_stock":%s' % (units, b"true" if units > 0 else b"false")
    return _STOCK.sub(told, copy, count=1)


async def remember(cache: Cache, copy: ProductPage) -> None:
    """Put a copy into Redis unless a newer one is there."""
    if cache.available:
        args = (copy.model_dump_json(), str(copy.version), str(TTL_S))
        await cache.attempt(cache.redis.eval(_KEEP_NEWER, 1, key(copy.id), *args))


async def forget(cache: Cache, product_ids: Sequence[UUID]) -> None:
    """Drop copies that show what is no more, such as the names of their categories."""
    for start in range(0, len(product_ids), DROPPED_AT_ONCE):
        await cache.drop(*map(key, product_ids[start : start + DROPPED_AT_ONCE]))
