"""What is read of tariffs, and of what parcels would hold."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, Select, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from api.errors import NotFound
from api.tariffs.costs import Tariff
from api.tariffs.models import shipping_rates

# A seller with tariffs of the own sends by those alone, any other by the platform's. A row without a carrier says that
# somebody set tariffs for this currency and none of them reaches.
REACHING = """
SELECT s.id AS seller_id, r.carrier, r.service, r.base_minor, r.per_kg_minor, r.min_days, r.max_days
FROM sellers s
CROSS JOIN LATERAL (
    SELECT bool_or(seller_id = s.id) AS own, count(*) > 0 AS governed FROM shipping_rates
    WHERE active AND currency = :currency AND (seller_id IS NULL OR seller_id = s.id)) g
LEFT JOIN shipping_rates r ON r.active AND r.currency = :currency
    AND r.seller_id IS NOT DISTINCT FROM CASE WHEN g.own THEN s.id END
    AND (r.from_province_id IS NULL OR r.from_province_id = CAST(s.ship_from ->> 'province_id' AS int))
    AND (r.to_province_id IS NULL OR r.to_province_id = :province_id)
WHERE s.id = ANY(:seller_ids) AND g.governed
"""
_REACHING = text(REACHING)

_GOODS = text("""
SELECT p.id AS product_id, p.seller_id, p.weight_grams, p.currency
FROM products p JOIN sellers s ON s.id = p.seller_id
WHERE p.id = ANY(:product_ids) AND p.status = 'active' AND s.status = 'active'
""")
_CART = text("""
SELECT p.id AS product_id, p.seller_id, p.weight_grams, p.currency, ci.quantity
FROM carts c JOIN cart_items ci ON ci.cart_id = c.id JOIN products p ON p.id = ci.product_id
WHERE c.user_id = :user_id AND c.status IN ('active', 'abandoned') AND c.expires_at > now()
""")
_SELLER = text("SELECT true FROM sellers WHERE id = :seller_id")
_PROVINCE = text("SELECT province_id FROM addresses WHERE id = :address_id AND user_id = :user_id")

Reaching = Mapping[UUID, list[Tariff]]


async def reaching(conn: AsyncConnection, seller_ids: Sequence[UUID], currency: str, province_id: int) -> Reaching:
    """The tariffs that reach a province, per seller; sellers for whom nobody set any are missing."""
    values = {"seller_ids": list(seller_ids), "currency": currency, "province_id": province_id}
    found: dict[UUID, list[Tariff]] = defaultdict(list)
    for row in (await conn.execute(_REACHING, values)).mappings():
        tariffs = found[row["seller_id"]]
        if row["carrier"] is not None:
            tariffs.append(msgspec.convert(dict(row), Tariff))
    return found


async def goods(conn: AsyncConnection, product_ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """Seller, weight and currency of products that are sold."""
    return (await conn.execute(_GOODS, {"product_ids": list(product_ids)})).all()


async def in_cart(conn: AsyncConnection, user_id: UUID) -> Sequence[Row[Any]]:
    """The same of what lies in a user's cart, with quantities."""
    return (await conn.execute(_CART, {"user_id": user_id})).all()


async def province(conn: AsyncConnection, address_id: UUID, user_id: UUID | None) -> int:
    """The province of an address of the caller's book; NotFound."""
    found: int | None = await conn.scalar(_PROVINCE, {"address_id": address_id, "user_id": user_id})
    if found is None:
        raise NotFound("The address book has no such address.")
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


def listed(filters: Mapping[str, Any]) -> Select[Any]:
    """Tariffs whose columns have these values; a value of None does not limit."""
    wanted = [shipping_rates.c[name] == value for name, value in filters.items() if value is not None]
    return select(shipping_rates).where(*wanted)
