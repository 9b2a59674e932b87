"""What is read of promotions: those that may apply to a basket, one, and lists of them."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Row, Select, func, literal, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from api.promotions.discounts import Promotion
from api.promotions.models import promotions
from api.sellers.queries import active_ids

_NEVER = datetime(9999, 12, 31, tzinfo=UTC)
_COLUMNS = ", ".join(f"p.{name}" for name in Promotion.__struct_fields__ if name != "used_by_shopper")

# Those that apply by themselves are in the partial index; scope_id names a product, a seller or a category. A row whose
# lock was waited for is read anew, the shopper's uses of it are not: they cannot grow meanwhile, for a shopper has one
# live cart, and the next one opens when the checkout of the last is committed.
_CANDIDATES = f"""
SELECT {_COLUMNS}, CASE WHEN p.per_user_limit IS NULL THEN 0 ELSE (
           SELECT count(*) FROM redemptions r
           WHERE r.promotion_id = p.id AND r.user_id = :user_id AND r.status = 'redeemed') END AS used_by_shopper
FROM promotions p
WHERE upper(p.code) = upper(CAST(:code AS text))
   OR p.status = 'active' AND p.code IS NULL AND p.starts_at <= now() AND (p.ends_at IS NULL OR p.ends_at > now())
      AND (p.scope = 'all' OR p.scope_id = ANY(CAST(:targets AS uuid[])))
      AND (p.seller_id IS NULL OR p.seller_id = ANY(CAST(:targets AS uuid[])))
"""  # noqa: S608 - the columns are constants
_READ = text(_CANDIDATES)
# In the order of their ids, so that two checkouts never wait for each other in a circle.
_LOCK = text(f"{_CANDIDATES} ORDER BY p.id FOR NO KEY UPDATE OF p")


# Whether there are promotions to look at for a cart: most shops have none that apply by themselves most of the time.
ANY_AUTOMATIC = (
    "EXISTS (SELECT FROM promotions m WHERE m.status = 'active' AND m.code IS NULL AND m.starts_at <= now() "
    "AND (m.ends_at IS NULL OR m.ends_at > now()))"
)


class Candidates(msgspec.Struct, frozen=True):
    """The promotions that apply by themselves, and the coupon if there is one of that code."""

    automatic: tuple[Promotion, ...]
    coupon: Promotion | None


async def candidates(
    conn: AsyncConnection, user_id: UUID, code: str | None, targets: Collection[UUID], *, lock: bool = False
) -> Candidates:
    """Promotions of a scope in `targets`, or of `code`; `lock` keeps their uses as they are until the end (R-PRO-4)."""
    values = {"user_id": user_id, "code": code, "targets": list(targets)}
    statement = _LOCK if lock else _READ
    found = [_promotion(row) for row in await conn.execute(statement, values)]
    coupons = (one for one in found if one.code is not None)
    return Candidates(tuple(one for one in found if one.code is None), next(coupons, None))


def _promotion(row: Row[Any]) -> Promotion:
    return Promotion(**{name: getattr(row, name) for name in Promotion.__struct_fields__})


async def one(conn: AsyncConnection, promotion_id: UUID, *, lock: bool = False) -> Row[Any] | None:
    """A promotion's row; `lock` for a change."""
    statement = select(promotions).where(promotions.c.id == promotion_id)
    return (await conn.execute(statement.with_for_update() if lock else statement)).one_or_none()


SORTS: dict[str, ColumnElement[Any]] = {
    "starts_at": promotions.c.starts_at,
    "ends_at": func.coalesce(promotions.c.ends_at, literal(_NEVER, promotions.c.ends_at.type)),
}


def running() -> ColumnElement[bool]:
    """What everybody may see: promotions without a code that apply now, of the platform and of active sellers."""
    return _offered() & promotions.c.code.is_(None) & (promotions.c.starts_at <= func.now())


def _offered() -> ColumnElement[bool]:
    """Active and not over, and somebody sells what it is for."""
    columns = promotions.c
    ends = or_(columns.ends_at.is_(None), columns.ends_at > func.now())
    sells = or_(columns.seller_id.is_(None), columns.seller_id.in_(active_ids()))
    return (columns.status == "active") & ends & sells


async def offered(conn: AsyncConnection, promotion_id: UUID) -> Row[Any] | None:
    """A promotion that applies now or will, with a code or without."""
    return (await conn.execute(select(promotions).where(promotions.c.id == promotion_id, _offered()))).one_or_none()


async def runs(conn: AsyncConnection, promotion_id: UUID) -> bool:
    """Whether everybody may see a promotion."""
    statement = select(promotions.c.id).where(promotions.c.id == promotion_id, running())
    return await conn.scalar(statement) is not None


def listed(visible: ColumnElement[bool], wanted: Sequence[tuple[str, object]]) -> Select[Any]:
    """Promotions that are visible to the caller and have the wanted values."""
    statement = select(promotions).where(visible)
    for name, value in wanted:
        if value is not None:
            statement = statement.where(promotions.c[name] == value)
    return statement
