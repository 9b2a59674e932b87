"""A new pending order: what was asked, what was computed, and how both become rows and facts."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from api import outbox
from api.inventory import service as inventory
from api.orders.pricing import Goods, Quote
from api.outbox import Fact
from streams.events.carts import CartCheckedOut
from streams.events.orders import OrderCreated, OrderValidated

BORN_AT = 2  # an order's version once order.created and order.validated are told


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """A new pending order: what was asked, what was computed, and the hold on its stock."""

    id: UUID
    order_number: str
    user_id: UUID
    cart_id: UUID
    cart_version: int
    currency: str
    at: datetime
    address: dict[str, Any]
    payment_method: str
    session_id: UUID | None
    goods: tuple[Goods, ...]
    quote: Quote
    hold: inventory.Hold


def columns(placed: Placed) -> dict[str, Any]:
    """The parameters of the PLACE statements."""
    lines, priced = placed.quote.lines, placed.quote
    return {
        "id": placed.id,
        "order_number": placed.order_number,
        "user_id": placed.user_id,
        "cart_id": placed.cart_id,
        "cart_version": placed.cart_version,
        "currency": placed.currency,
        "subtotal_minor": priced.subtotal_minor,
        "discount_minor": priced.discount_minor,
        "shipping_minor": priced.shipping_minor,
        "tax_minor": priced.tax_minor,
        "total_minor": priced.total_minor,
        "shipping_address": msgspec.json.encode(placed.address).decode(),
        "payment_method": placed.payment_method,
        "session_id": placed.session_id,
        "hold_expires_at": placed.hold.expires_at,
        "version": BORN_AT,
        "moment": placed.at,
        "item_ids": [line.order_item_id for line in lines],
        "line_nos": list(range(1, len(lines) + 1)),
        "product_ids": [line.product_id for line in lines],
        "seller_ids": [line.seller_id for line in lines],
        "product_names": [item.name for item in placed.goods],
        "unit_prices": [line.unit_price_minor for line in lines],
        "quantities": [line.quantity for line in lines],
        "discounts": [line.discount_minor for line in lines],
        "taxes": [line.tax_minor for line in lines],
        "totals": [line.total_minor for line in lines],
        "commission_bps": [item.commission_bp for item in placed.goods],
        "snapshots": [msgspec.json.encode(item.snapshot).decode() for item in placed.goods],
        **outbox.rows(facts(placed)),
    }


def facts(placed: Placed) -> list[Fact]:
    """What the checkout tells, the hold's facts first."""
    priced = placed.quote
    created = OrderCreated(
        order_id=placed.id,
        order_number=placed.order_number,
        customer_id=placed.user_id,
        cart_id=placed.cart_id,
        session_id=placed.session_id,
        currency=placed.currency,
        items=priced.lines,
        subtotal_minor=priced.subtotal_minor,
        discount_minor=priced.discount_minor,
        shipping_minor=priced.shipping_minor,
        tax_minor=priced.tax_minor,
        total_minor=priced.total_minor,
        payment_method=placed.payment_method,
        province_id=placed.address["province_id"],
        city_id=placed.address["city_id"],
        hold_expires_at=placed.hold.expires_at,
    )
    checked_out = CartCheckedOut(
        cart_id=placed.cart_id, order_id=placed.id, lines=len(priced.lines), total_minor=priced.total_minor
    )
    return [
        *placed.hold.facts,
        Fact(created, seq=1),
        Fact(OrderValidated(order_id=placed.id, is_valid=True), seq=2),
        Fact(checked_out, seq=placed.cart_version),
    ]
