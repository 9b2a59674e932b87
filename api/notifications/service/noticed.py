"""What people are told of that the stream side noticed: carts left alone, prices that may be wrong, late parcels."""

from sqlalchemy.ext.asyncio import AsyncConnection

from api.carts import queries as carts
from api.notifications import queries
from api.notifications.service.orders import about
from api.notifications.service.writing import Draft, withdraw
from api.orders import queries as orders
from streams.events.signals import CartAbandoned, CartRecovered, PriceDoubted, ShipmentLate


async def cart_left(conn: AsyncConnection, fact: CartAbandoned) -> list[Draft]:
    """Those who agreed to it are reminded, while the cart is still left alone and somebody could buy it (R-CRT-3)."""
    cart = await carts.locked(conn, fact.cart_id)
    if cart is None or cart.status != "abandoned":
        return []
    lines = [line for line in await carts.lines(conn, cart.id) if line.unavailable_reason is None]
    if not lines:
        return []
    names = await queries.product_names(conn, [line.product_id for line in lines])
    data = {
        "cart_id": str(cart.id),
        "items": [
            {"name": names[line.product_id], "quantity": line.quantity, "total_minor": line.line_total_minor}
            for line in lines
        ],
        "total_minor": sum(line.line_total_minor for line in lines),
        "currency": cart.currency,
    }
    return [Draft("cart_reminder", "cart_reminder", data, user_id=cart.user_id)]


async def cart_taken_up(conn: AsyncConnection, fact: CartRecovered) -> None:
    """A reminder that has not left is not sent any more (R-NOT-6)."""
    await withdraw(conn, ("cart_reminder",), "cart_id", fact.cart_id)


async def price_doubted(conn: AsyncConnection, fact: PriceDoubted) -> list[Draft]:
    """The seller looks at it again, unless that has happened meanwhile; what was said of an earlier price is over."""
    await withdraw(conn, ("price_doubt",), "product_id", fact.product_id)
    product = await queries.product(conn, fact.product_id)
    if product is None or product.price_minor != fact.price_after_minor:
        return []
    data = {
        "product_id": str(fact.product_id),
        "product_name": product.name,
        "price_before_minor": fact.price_before_minor,
        "price_after_minor": fact.price_after_minor,
        "currency": fact.currency,
    }
    return [Draft("price_doubt", "price_doubt", data, seller_id=fact.seller_id)]


async def parcel_late(conn: AsyncConnection, fact: ShipmentLate) -> list[Draft]:
    """Both sides, unless the parcel arrived in the meantime."""
    if await queries.parcel_over(conn, fact.shipment_id):
        return []
    order = await orders.read(conn, fact.order_id)
    data = about(order, carrier=fact.carrier or "", estimated_delivery=fact.estimated_delivery.isoformat())
    return [
        Draft("shipment_late", "shipment_late", data, user_id=order.user_id),
        Draft("shipment_late", "shipment_late_seller", data, seller_id=fact.seller_id),
    ]
