"""Why a product is not put into a cart, and that this is told (R-CRT-1, R-EVT-5)."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from api import outbox
from api.carts.content import Line
from api.carts.service.rows import opened, touched
from api.errors import InsufficientStock, ProductInactive, SellerInactive
from api.outbox import Fact
from api.problems import Problem
from streams.events import Shortage
from streams.events.carts import CartItemRejected

Offer = Line | Row[Any]


def refusal(offer: Offer, wanted: int) -> Problem | None:
    """Why that many units of a product cannot be bought now."""
    if offer.status != "active":
        return ProductInactive(product_id=offer.product_id)
    if offer.seller_status != "active":
        return SellerInactive(status=offer.seller_status)
    if offer.available < wanted:
        return InsufficientStock([Shortage(product_id=offer.product_id, requested=wanted, available=offer.available)])
    return None


def recorded(problem: Problem, user_id: UUID, version: int, offer: Offer, wanted: int) -> Problem:
    """The problem with its fact, and with the version that the fact gives the cart, which has `version` now."""

    async def record(conn: AsyncConnection) -> None:
        now = await opened(conn, user_id, offer.product_id)
        if now is None:
            return
        event = CartItemRejected(
            cart_id=now.id,
            product_id=offer.product_id,
            requested=wanted,
            available=offer.available,
            reason=problem.slug,
        )
        await outbox.record(conn, Fact(event, seq=await touched(conn, now.id)))

    problem.extra["cart_version"] = version + 1
    return problem.record(record)
