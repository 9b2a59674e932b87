"""What a cart costs when it is sent in some way, before its checkout computes the same (E-SHP-1, R-ORD-5)."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from api.carts import service as carts
from api.carts.service import Content
from api.sending import ShippingCost
from api.tariffs.costs import Option
from api.tariffs.schemas import CartTotal


async def of_cart(conn: AsyncConnection, user_id: UUID, cart: Content, ways: Mapping[UUID, Option]) -> CartTotal:
    """The total of a user's live cart, promotions taken off goods and shipping."""
    costs = {seller_id: option.cost_minor for seller_id, option in ways.items()}
    currency = cart.currency or ""
    applied = await carts.discounted(
        conn, user_id, cart.lines, currency, cart.coupon_code, shipping=costs, promoted=cart.promoted
    )
    found = applied.discounts
    subtotal, shipping = sum(line.line_total_minor for line in cart.lines), sum(costs.values()) - found.shipping_minor
    return CartTotal(
        cart_version=cart.version,
        currency=currency,
        subtotal_minor=subtotal,
        discount_minor=found.goods_minor,
        shipping_minor=shipping,
        total_minor=subtotal - found.goods_minor + shipping,
        shipping=[_charge(seller_id, option, found.shipping.get(seller_id, 0)) for seller_id, option in ways.items()],
    )


def _charge(seller_id: UUID, option: Option, discount_minor: int) -> ShippingCost:
    return ShippingCost(
        seller_id=seller_id,
        code=option.code,
        carrier=option.carrier,
        service=option.service,
        cost_minor=option.cost_minor,
        discount_minor=discount_minor,
    )
