"""Opens seller accounts (R-USR-16: a user becomes a seller by nothing else)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids, outbox, slugs
from api.db import violated
from api.errors import SellerExists, SellerInactive
from api.outbox import Fact
from api.sellers import queries
from api.sellers.models import sellers
from api.users import service as users
from streams.events.sellers import SellerCreated

ACTIVE = "active"


async def create(
    conn: AsyncConnection,
    user_id: UUID,
    *,
    display_name: str,
    currency: str,
    slug: str | None = None,
    status: str = ACTIVE,
    at: datetime | None = None,
    **contact: Any,
) -> Row[Any]:
    """Open a user's seller account and give the role; SellerExists for a second one or a taken name.

    `contact` is legal_name, contact_email, contact_phone and ship_from; importers give the slug.
    """
    known = await queries.of_user(conn, user_id)
    if known:
        raise SellerExists(status=known.status)
    base = {"id": ids.new(), "user_id": user_id, "display_name": display_name, "currency": currency, "status": status}
    row = await _insert(conn, base | contact, slug or slugs.slug(display_name))
    await users.grant(conn, user_id, "seller")
    await outbox.record(conn, Fact(_created(row), seq=row.version, occurred_at=at))
    return row


async def _insert(conn: AsyncConnection, values: dict[str, Any], slug: str) -> Row[Any]:
    try:
        async with conn.begin_nested():
            row: Row[Any] = (
                await conn.execute(insert(sellers).values({**values, "slug": slug}).returning(sellers))
            ).one()
            return row
    except IntegrityError as error:
        if violated(error) == "uq_sellers_slug":
            return await _insert(conn, values, slugs.another(slug))
        if violated(error) == "uq_sellers_display_name":
            raise SellerExists("Another seller has this display name.", status="taken") from error
        if violated(error) == "uq_sellers_user_id":
            raise SellerExists(status="pending") from error
        raise


def _created(row: Row[Any]) -> SellerCreated:
    return SellerCreated(
        seller_id=row.id,
        display_name=row.display_name,
        slug=row.slug,
        currency=row.currency,
        commission_bp=row.commission_bp,
        low_stock_threshold=row.low_stock_threshold,
        status=row.status,
    )


def require_active(seller: Row[Any]) -> Row[Any]:
    """The seller when it is active; SellerInactive otherwise."""
    if seller.status != ACTIVE:
        raise SellerInactive(status=seller.status)
    return seller
