"""Promotions at work: what they take off a basket, that an order used them, and that a use was given back."""

from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from api.errors import CouponExhausted, CouponInvalid
from api.outbox import Fact
from api.promotions import queries
from api.promotions.discounts import Basket, Discounts, Promotion, reduce, refusal
from api.promotions.models import promotions
from streams.events.promotions import CouponRedeemed, CouponReleased

_USED = text("""
SELECT p.id FROM promotions p JOIN redemptions r ON r.promotion_id = p.id
WHERE r.order_id = :order_id AND r.status = 'redeemed'
ORDER BY p.id FOR NO KEY UPDATE OF p
""")
_GIVE_BACK = text("""
WITH gone AS (
    UPDATE redemptions SET status = 'released', updated_at = now()
    WHERE order_id = :order_id AND status = 'redeemed' AND promotion_id = ANY(CAST(:ids AS uuid[]))
    RETURNING promotion_id
)
UPDATE promotions p SET used_count = p.used_count - 1, version = p.version + 1, updated_at = now()
FROM gone WHERE p.id = gone.promotion_id
RETURNING p.id, p.version
""")


class Applied(msgspec.Struct, frozen=True):
    """What promotions give a basket, and why the coupon gives nothing, if it does not."""

    discounts: Discounts
    coupon: Promotion | None
    coupon_problem: str | None


async def apply(
    conn: AsyncConnection, user_id: UUID, basket: Basket, code: str | None, *, lock: bool = False
) -> Applied:
    """Compute a basket's discounts; `lock` keeps the promotions' uses until the end of the transaction (R-PRO-1)."""
    targets = frozenset[UUID]().union(*(line.targets for line in basket.lines))
    if not targets and code is None:
        return Applied(reduce(basket, ()), None, None)
    found = await queries.candidates(conn, user_id, code, targets, lock=lock)
    problem = coupon_problem(found.coupon, basket) if code else None
    return Applied(reduce(basket, found.automatic, found.coupon), found.coupon, problem)


def coupon_problem(coupon: Promotion | None, basket: Basket) -> str | None:
    """Why a coupon gives this basket nothing: a reason of R-PRO-1, or exhausted."""
    reason = refusal(coupon, basket) if coupon else "unknown"
    return reason or ("exhausted" if coupon and coupon.exhausted else None)


def usable(applied: Applied) -> Promotion:
    """The coupon, when it applies; CouponInvalid or CouponExhausted otherwise."""
    if applied.coupon_problem == "exhausted":
        raise CouponExhausted
    if applied.coupon is None or applied.coupon_problem:
        raise CouponInvalid(reason=applied.coupon_problem or "unknown")
    return applied.coupon


def facts(discounts: Discounts, *, order_id: UUID, user_id: UUID, currency: str) -> list[Fact]:
    """That an order used the promotions, each with the version that the use gives it."""
    return [
        Fact(
            CouponRedeemed(
                promotion_id=use.promotion.id,
                order_id=order_id,
                user_id=user_id,
                discount_minor=use.total_minor,
                currency=currency,
                funded_by=use.promotion.funded_by,
            ),
            seq=use.promotion.version + 1,
        )
        for use in discounts.uses
    ]


async def released(conn: AsyncConnection, order_id: UUID) -> list[Fact]:
    """Give back the uses of an order that did not stand; no facts when there are none. The caller writes the facts."""
    used = list((await conn.execute(_USED.columns(promotions.c.id), {"order_id": order_id})).scalars())
    if not used:
        return []
    rows = await conn.execute(_GIVE_BACK.columns(promotions.c.id), {"order_id": order_id, "ids": used})
    return [Fact(CouponReleased(promotion_id=row.id, order_id=order_id), seq=row.version) for row in rows]
