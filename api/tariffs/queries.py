"""What is read of tariffs, and of what parcels would hold."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, Select, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from api.carts import queries as carts
from api.errors import NotFound
from api.promotions import queries as promotions
from api.tariffs.costs import Tariff
from api.tariffs.models import shipping_rates

# The tariffs by which the seller `s` can send to a province, as JSON; for statements that have the seller's row. One
# with tariffs of the own sends by those alone, any other by the platform's. NULL: nobody has set any for this currency.
REACHING = """
(SELECT CASE WHEN count(*) > 0 THEN coalesce((
     SELECT jsonb_agg(jsonb_build_object(
         'carrier', r.carrier, 'service', r.service, 'base_minor', r.base_minor, 'per_kg_minor', r.per_kg_minor,
         'min_days', r.min_days, 'max_days', r.max_days))
     FROM shipping_rates r
     WHERE r.active AND r.currency = {currency}
       AND (r.seller_id = s.id OR r.seller_id IS NULL AND NOT bool_or(g.seller_id IS NOT NULL))
       AND (r.from_province_id IS NULL OR r.from_province_id = CAST(s.ship_from ->> 'province_id' AS int))
       AND (r.to_province_id IS NULL OR r.to_province_id = {province})), '[]') END
 FROM shipping_rates g
 WHERE g.active AND g.currency = {currency} AND (g.seller_id = s.id OR g.seller_id IS NULL))
"""
_TARIFFS = REACHING.format(currency=":currency", province=":province_id")
_REACHING = text(
    f"SELECT s.id AS seller_id, {_TARIFFS} AS tariffs "  # noqa: S608 - a constant of ours, values are bound
    "FROM sellers s WHERE s.id = ANY(:seller_ids)"
)

_GOODS = text("""
SELECT p.id AS product_id, p.seller_id, p.weight_grams, p.currency
FROM products p JOIN sellers s ON s.id = p.seller_id
WHERE p.id = ANY(:product_ids) AND p.status = 'active' AND s.status = 'active'
""")

_TO_PLACE = REACHING.format(currency="p.currency", province="place.province_id")
_PLACE = """
CROSS JOIN (SELECT coalesce(
    (SELECT a.province_id FROM addresses a WHERE a.id = CAST(:address_id AS uuid) AND a.user_id = :user_id),
    CAST(:province_id AS int)) AS province_id) place"""
_CART = text(
    carts.SEEN.format(
        any_automatic=promotions.ANY_AUTOMATIC,
        more=f", p.weight_grams, place.province_id, {_TO_PLACE} AS tariffs",
        wanted=carts.HELD + _PLACE,
    )
)
NO_ADDRESS = "The address book has no such address."
_SELLER = text("SELECT true FROM sellers WHERE id = :seller_id")
_PROVINCE = text("SELECT province_id FROM addresses WHERE id = :address_id AND user_id = :user_id")

Reaching = Mapping[UUID, list[Tariff]]


async def reaching(conn: AsyncConnection, seller_ids: Sequence[UUID], currency: str, province_id: int) -> Reaching:
    """The tariffs that reach a province, per seller; sellers for whom nobody set any are missing."""
    values = {"seller_ids": list(seller_ids), "currency": currency, "province_id": province_id}
    return by_seller((await conn.execute(_REACHING, values)).all())


def by_seller(rows: Iterable[Row[Any]]) -> Reaching:
    """The same out of rows with `seller_id` and, as REACHING gives them, `tariffs`."""
    known = {row.seller_id: row.tariffs for row in rows if row.tariffs is not None}
    return {seller_id: msgspec.convert(tariffs, list[Tariff]) for seller_id, tariffs in known.items()}


async def goods(conn: AsyncConnection, product_ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """Seller, weight and currency of products that are sold."""
    return (await conn.execute(_GOODS, {"product_ids": list(product_ids)})).all()


async def in_cart(
    conn: AsyncConnection, user_id: UUID, address_id: UUID | None, province_id: int | None
) -> Sequence[Row[Any]]:
    """A user's cart as `carts.queries.seen` takes it, with weights, and the tariffs that reach the place.

    `province_id` is that of the address, of the user's own book, or the one that was given; NULL: no such address.
    """
    place = {"user_id": user_id, "address_id": address_id, "province_id": province_id}
    return (await conn.execute(_CART, place)).all()


async def province(conn: AsyncConnection, address_id: UUID, user_id: UUID | None) -> int:
    """The province of an address of the caller's book; NotFound."""
    found: int | None = await conn.scalar(_PROVINCE, {"address_id": address_id, "user_id": user_id})
    if found is None:
        raise NotFound(NO_ADDRESS)
    return found


async def knows_seller(conn: AsyncConnection, seller_id: UUID) -> bool:
    """Whether there is such a seller."""
    return bool(await conn.scalar(_SELLER, {"seller_id": seller_id}))


async def one(conn: AsyncConnection, tariff_id: UUID, *, lock: bool = False) -> Row[Any]:
    """A tariff, locked when told so; NotFound."""
    statement = select(shipping_rates).where(shipping_rates.c.id == tariff_id)
    row = (await conn.execute(statement.with_for_update() if lock else statement)).one_or_none()
    if row is None:
        raise NotFound
    return row


def listed(filters: Mapping[str, Any], *, of: UUID | None) -> Select[Any]:
    """Tariffs of a seller, or of all, whose columns have these values; a value of None does not limit."""
    given = [(name, value) for name, value in (*filters.items(), ("seller_id", of)) if value is not None]
    return select(shipping_rates).where(*(shipping_rates.c[name] == value for name, value in given))
