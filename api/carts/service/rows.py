"""The rows of a cart: one live cart a user, its version raised by every fact (R-CRT-2, R-CRT-4, R-CRT-6)."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids, outbox
from api.carts import queries
from api.carts.models import carts
from api.outbox import Fact
from streams.events.carts import CartExpired

LIFE = timedelta(days=30)

_OPEN = text("""
INSERT INTO carts (id, user_id, currency, expires_at)
SELECT :id, :user_id, currency, :expires_at FROM products WHERE id = :product_id AND status <> 'deleted'
ON CONFLICT (user_id) WHERE status IN ('active', 'abandoned') DO UPDATE SET updated_at = now()
RETURNING id, user_id, currency, version, expires_at
""")


async def opened(conn: AsyncConnection, user_id: UUID, product_id: UUID) -> Row[Any] | None:
    """The user's live cart, locked; a new one in the product's currency when there is none or it ran out.

    None when there is no such product.
    """
    fresh = {"id": ids.new(), "user_id": user_id, "product_id": product_id, "expires_at": ids.now() + LIFE}
    row = (await conn.execute(_OPEN, fresh)).one_or_none()
    if row is None or row.expires_at > ids.now():
        return row
    await _expire(conn, row)
    return (await conn.execute(_OPEN, fresh)).one()


async def _expire(conn: AsyncConnection, cart: Row[Any]) -> None:
    lines = await queries.lines(conn, cart.id)
    version = await touched(conn, cart.id, status="expired", expires_at=cart.expires_at)
    event = CartExpired(cart_id=cart.id, lines=len(lines), value_minor=sum(line.line_total_minor for line in lines))
    await outbox.record(conn, Fact(event, seq=version))


async def touched(
    conn: AsyncConnection,
    cart_id: UUID,
    *,
    status: str = "active",
    expires_at: datetime | None = None,
    **values: Any,
) -> int:
    """Raise a cart's version and give it 30 more days; the version after it."""
    moment = ids.now()
    fields = {"status": status, "updated_at": moment, "expires_at": expires_at or moment + LIFE, **values}
    statement = update(carts).where(carts.c.id == cart_id).values(version=carts.c.version + 1, **fields)
    version: int = (await conn.execute(statement.returning(carts.c.version))).scalar_one()
    return version
