"""What promotions take off a cart, and the coupon on it (E-CRT-6, E-CRT-7)."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids, outbox
from api.carts import queries
from api.carts.content import Line
from api.carts.service.rows import touched
from api.outbox import Fact
from api.promotions import service as promotions
from streams.events.carts import CartCouponChanged


async def discounted(
    conn: AsyncConnection,
    user_id: UUID,
    lines: Sequence[Row[Any] | Line],
    currency: str,
    code: str | None,
    *,
    shipping: Mapping[UUID, int] = promotions.NO_SHIPPING,
    promoted: bool = True,
) -> promotions.Applied:
    """What promotions, and the coupon of a code, take off cart lines and their `shipping` by seller now.

    Nothing, and the database is not asked, where none may be `promoted`. Checkout computes it again (R-PRO-1).
    """
    goods = tuple(
        promotions.Line(
            total_minor=line.line_total_minor,
            seller_id=line.seller_id,
            targets=frozenset((line.product_id, line.seller_id, *line.category_ids)),
        )
        for line in lines
    )
    basket = promotions.Basket(lines=goods, currency=currency, at=ids.now(), shipping=shipping)
    if not promoted:
        return promotions.Applied(promotions.reduce(basket, ()), None, None)
    return await promotions.apply(conn, user_id, basket, code)


async def put_on(conn: AsyncConnection, user_id: UUID, code: str) -> None:
    """Put a coupon on the cart, in the place of another; CouponInvalid or CouponExhausted when it does not apply."""
    cart = await queries.live(conn, user_id, lock=True)
    lines = await queries.lines(conn, cart.id) if cart else []
    applied = await discounted(conn, user_id, lines, cart.currency if cart else "", code)
    coupon = promotions.usable(applied)
    if cart is None or cart.coupon_code == coupon.code:
        return
    saved = sum(use.total_minor for use in applied.discounts.uses if use.promotion.id == coupon.id)
    version = await touched(conn, cart.id, coupon_code=coupon.code)
    event = CartCouponChanged(cart_id=cart.id, promotion_id=coupon.id, discount_minor=saved)
    await outbox.record(conn, Fact(event, seq=version))


async def take_off(conn: AsyncConnection, user_id: UUID) -> None:
    """Take the coupon off the cart; nothing happens when there is none."""
    cart = await queries.live(conn, user_id, lock=True)
    if cart is None or cart.coupon_code is None:
        return
    version = await touched(conn, cart.id, coupon_code=None)
    await outbox.record(conn, Fact(CartCouponChanged(cart_id=cart.id, discount_minor=0), seq=version))
