"""A new pending order: what was asked, what was computed, and how both become rows and facts."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from api import ids, outbox
from api.inventory import service as inventory
from api.orders import charges
from api.orders.pricing import Goods, Quote
from api.orders.schemas import PaymentMethod
from api.orders.states import Status
from api.outbox import Fact
from api.promotions import service as promotions
from streams.events.carts import CartCheckedOut
from streams.events.orders import OrderConfirmed, OrderCreated, OrderValidated

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
    payment_method: PaymentMethod
    session_id: UUID | None
    goods: tuple[Goods, ...]
    quote: Quote
    hold: inventory.Hold

    @property
    def free(self) -> bool:
        """Whether there is nothing to pay: the order is confirmed at once then (R-ORD-24)."""
        return self.quote.total_minor == 0

    @property
    def status(self) -> Status:
        """The order's first state."""
        return "paid" if self.free else "pending"

    @property
    def version(self) -> int:
        """The order's version once its first facts are told."""
        return BORN_AT + self.free

    @property
    def hold_expires_at(self) -> datetime | None:
        """Until when it has to be paid."""
        return None if self.free else self.hold.expires_at

    @property
    def confirmed_at(self) -> datetime | None:
        """When it was confirmed, if it is."""
        return self.at if self.free else None


def columns(placed: Placed) -> dict[str, Any]:
    """The parameters of the PLACE statements."""
    lines, priced, uses = placed.quote.lines, placed.quote, placed.quote.discounts.uses
    return {
        "id": placed.id,
        "order_number": placed.order_number,
        "user_id": placed.user_id,
        "cart_id": placed.cart_id,
        "cart_version": placed.cart_version,
        "order_status": placed.status,
        "currency": placed.currency,
        "subtotal_minor": priced.subtotal_minor,
        "discount_minor": priced.discount_minor,
        "shipping_minor": priced.shipping_minor,
        "tax_minor": priced.tax_minor,
        "total_minor": priced.total_minor,
        "shipping_address": msgspec.json.encode(placed.address).decode(),
        "shipping_options": charges.as_json(priced.shipping),
        "payment_method": placed.payment_method,
        "session_id": placed.session_id,
        "promotion_ids": [use.promotion.id for use in uses],
        "redemption_ids": [ids.new() for _ in uses],
        "redeemed_minors": [use.total_minor for use in uses],
        "hold_expires_at": placed.hold_expires_at,
        "confirmed_at": placed.confirmed_at,
        "version": placed.version,
        "moment": placed.at,
        "item_ids": [line.order_item_id for line in lines],
        "line_nos": list(range(1, len(lines) + 1)),
        "product_ids": [line.product_id for line in lines],
        "seller_ids": [line.seller_id for line in lines],
        "shops": len({line.seller_id for line in lines}),
        "product_names": [item.name for item in placed.goods],
        "unit_prices": [line.unit_price_minor for line in lines],
        "quantities": [line.quantity for line in lines],
        "discounts": [line.discount_minor for line in lines],
        "platform_discounts": list(priced.discounts.platform),
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
        promotion_ids=tuple(use.promotion.id for use in priced.discounts.uses),
        payment_method=placed.payment_method,
        province_id=placed.address["province_id"],
        city_id=placed.address["city_id"],
        hold_expires_at=placed.hold_expires_at,
    )
    checked_out = CartCheckedOut(
        cart_id=placed.cart_id, order_id=placed.id, lines=len(priced.lines), total_minor=priced.total_minor
    )
    return [
        *placed.hold.facts,
        Fact(created, seq=1),
        Fact(OrderValidated(order_id=placed.id, is_valid=True), seq=2),
        *_confirmed(placed),
        Fact(checked_out, seq=placed.cart_version),
        *promotions.facts(priced.discounts, order_id=placed.id, user_id=placed.user_id, currency=placed.currency),
    ]


def _confirmed(placed: Placed) -> list[Fact]:
    if not placed.free:
        return []
    event = OrderConfirmed(order_id=placed.id, status=placed.status, payment_method=placed.payment_method)
    return [Fact(event, seq=placed.version)]
