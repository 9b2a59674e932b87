"""The cart over HTTP (E-CRT-1 to 7)."""

from contextlib import suppress
from typing import Any, cast
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from api.auth import Conn, Shopper
from api.cache import Cache
from api.carts import queries, service
from api.carts.content import Content, Line
from api.carts.schemas import (
    Cart,
    CartItem,
    CartItemChange,
    CartItemRemoval,
    Coupon,
    NewCartItem,
    Status,
    UsedPromotion,
)
from api.edge import Route
from api.errors import (
    CartLimit,
    CouponExhausted,
    CouponInvalid,
    CurrencyMismatch,
    InsufficientStock,
    NotFound,
    ProductInactive,
    SellerInactive,
    VersionConflict,
)
from api.idempotency import Once, Stored, columns, current
from api.problems import problems
from api.promotions import service as promotions
from api.unit import TryAgain, Work, unit

COPY_S = 30 * 86_400

router = APIRouter(prefix="/v1/cart", tags=["cart"], route_class=Route)
_ADDING = (NotFound, ProductInactive, SellerInactive, InsufficientStock, CartLimit, CurrencyMismatch)


async def _cart(conn: AsyncConnection, user_id: UUID, request: Request, found: Content) -> Cart:
    currency = found.currency or request.app.state.settings.platform_currency
    applied = await service.discounted(conn, user_id, found.lines, currency, found.coupon_code, promoted=found.promoted)
    parts = zip(found.lines, applied.discounts.lines, strict=True)
    subtotal, discount = sum(line.line_total_minor for line in found.lines), applied.discounts.goods_minor
    return Cart(
        id=found.id,
        status=cast(Status, found.status),
        currency=currency,
        version=found.version,
        expires_at=found.expires_at,
        coupon=found.coupon_code,
        coupon_problem=applied.coupon_problem,
        promotions=[_used(use) for use in applied.discounts.uses],
        items=[_item(line, part) for line, part in parts],
        subtotal_minor=subtotal,
        discount_minor=discount,
        total_minor=subtotal - discount,
    )


def _item(line: Line, discount_minor: int) -> CartItem:
    return CartItem(
        id=cast(UUID, line.id),
        product_id=line.product_id,
        seller_id=line.seller_id,
        name=line.name,
        quantity=line.quantity,
        price_minor=line.price_minor,
        price_when_added_minor=line.price_when_added_minor,
        price_changed=line.price_changed,
        available=line.available,
        line_total_minor=line.line_total_minor,
        discount_minor=discount_minor,
        unavailable_reason=line.unavailable_reason,
    )


def _used(use: promotions.Use) -> UsedPromotion:
    found = use.promotion
    return UsedPromotion(id=found.id, name=found.name, code=found.code, discount_minor=use.total_minor)


async def _changed(conn: AsyncConnection, user_id: UUID, request: Request) -> Cart:
    """The cart after a change; its copy goes to Redis once the change is committed (R-CRT-8)."""
    cart = await _cart(conn, user_id, request, await queries.content(conn, user_id))
    _copied(request, user_id, cart.model_dump_json().encode())
    return cart


def _copied(request: Request, user_id: UUID, copy: bytes) -> None:
    cache: Cache = request.app.state.cache
    unit(request).after_commit(lambda: cache.put({f"cart:{user_id}": copy}, COPY_S))


@router.get("", summary="The cart")
async def get_cart(caller: Shopper, request: Request, conn: Conn) -> Cart:
    """At today's prices, which is why PostgreSQL answers; an empty one when there is none (E-CRT-1)."""
    return await _cart(conn, caller.user_id, request, await queries.content(conn, caller.user_id))


_ADD: dict[str, Any] = {
    "status_code": 201, "summary": "Put a product in", "dependencies": [Once], "responses": problems(*_ADDING),
    "response_model": Cart,
}  # fmt: skip


@router.post("/items", **_ADD)
@router.post("/add", deprecated=True, **_ADD)
async def add_cart_item(body: NewCartItem, caller: Shopper, request: Request, work: Work) -> Response:
    """Adds to the line if there is one; holds nothing (E-CRT-2).

    A refusal for want of stock or of a sale is noted and raises the cart's version: `cart_version` says to which.
    """
    if not caller.operator:  # what operators do is noted in the same transaction
        with suppress(TryAgain):
            return await _added(await work.reading(), caller.user_id, body, request)
        await work.rollback()
    conn = await work.connection()
    await service.opened(conn, caller.user_id, body.product_id)
    return await _added(conn, caller.user_id, body, request)


async def _added(conn: AsyncConnection, user_id: UUID, body: NewCartItem, request: Request) -> Response:
    added = await service.offered(conn, user_id, body.product_id, body.quantity)
    cart = await _cart(conn, user_id, request, added.after)
    answer = Stored(cart.model_dump_json(), 201, media_type="application/json")
    call = current(request)
    answer.kept = await service.put(conn, added, columns(call, answer) if call else None)
    _copied(request, user_id, bytes(answer.body))
    return answer


@router.patch(
    "/items/{item_id}",
    summary="Change a line",
    dependencies=[Once],
    responses=problems(*_ADDING, VersionConflict),
)
async def update_cart_item(item_id: UUID, body: CartItemChange, caller: Shopper, request: Request, conn: Conn) -> Cart:
    """0 removes it (E-CRT-3); a refusal gives `cart_version` as when a product is put in."""
    await service.set_quantity(conn, caller.user_id, item_id, body.quantity, expected_version=body.expected_version)
    return await _changed(conn, caller.user_id, request)


@router.delete("/items/{item_id}", summary="Remove a line", dependencies=[Once], responses=problems(NotFound))
async def remove_cart_item(item_id: UUID, caller: Shopper, request: Request, conn: Conn) -> Cart:
    """E-CRT-4."""
    await service.set_quantity(conn, caller.user_id, item_id, 0)
    return await _changed(conn, caller.user_id, request)


@router.post("/remove", summary="Remove or lower a line", deprecated=True, dependencies=[Once])
async def lower_cart_item(body: CartItemRemoval, caller: Shopper, request: Request, conn: Conn) -> Cart:
    """Without a quantity the line goes, with one it is lowered; repeating it is fine (E-CRT-4)."""
    await service.lower(conn, caller.user_id, body.product_id, body.quantity)
    return await _changed(conn, caller.user_id, request)


@router.delete("", status_code=204, summary="Empty the cart", dependencies=[Once])
async def clear_cart(caller: Shopper, request: Request, conn: Conn) -> None:
    """Repeating it is fine (E-CRT-5)."""
    await service.clear(conn, caller.user_id)
    await _changed(conn, caller.user_id, request)


@router.post(
    "/coupon",
    summary="Put a coupon on",
    dependencies=[Once],
    responses=problems(CouponInvalid, CouponExhausted),
)
async def apply_coupon(body: Coupon, caller: Shopper, request: Request, conn: Conn) -> Cart:
    """One a cart, in the place of another; it is looked at again at checkout (E-CRT-6)."""
    await service.put_on(conn, caller.user_id, body.code)
    return await _changed(conn, caller.user_id, request)


@router.delete("/coupon", summary="Take the coupon off", dependencies=[Once])
async def remove_coupon(caller: Shopper, request: Request, conn: Conn) -> Cart:
    """Repeating it is fine (E-CRT-7)."""
    await service.take_off(conn, caller.user_id)
    return await _changed(conn, caller.user_id, request)
