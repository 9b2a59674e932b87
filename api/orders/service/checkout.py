"""Checkout: the cart becomes a pending order with its stock held, in one transaction of three round trips (8.5).

A fourth locks and reads promotions, when there are any; an order that costs nothing is booked in two more.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids
from api.db import violated
from api.errors import (
    CartEmpty,
    CouponExhausted,
    CouponInvalid,
    CurrencyMismatch,
    InsufficientStock,
    NoShippingOption,
    NotFound,
    PriceChanged,
    ProductInactive,
    SellerInactive,
    VersionConflict,
)
from api.inventory import service as inventory
from api.orders import numbers, statements
from api.orders.placed import Placed, columns
from api.orders.pricing import Goods, Quote, quote
from api.orders.schemas import Checkout
from api.orders.service import refusals, unpaid
from api.promotions import service as promotions
from api.tariffs import service as tariffs
from api.tariffs.queries import by_seller
from api.tariffs.service import Option
from api.unit import TryAgain
from streams.events import Item

HOLD = timedelta(minutes=15)

REFUSED = (
    InsufficientStock, PriceChanged, ProductInactive, SellerInactive, CouponInvalid, CouponExhausted, NoShippingOption,
)  # fmt: skip
"""Refusals that are told as facts (R-EVT-5)."""


class Cart(msgspec.Struct, frozen=True, kw_only=True):
    """A locked cart with its goods, and the way that each seller's go."""

    id: UUID
    version: int
    currency: str
    goods: tuple[Goods, ...]
    prices_when_added: tuple[int, ...]
    coupon_code: str | None
    promoted: bool
    address: dict[str, Any]
    ways: Mapping[UUID, Option]


async def hold_cart(conn: AsyncConnection, user_id: UUID, asked: Checkout, *, hold: timedelta = HOLD) -> Placed:
    """Lock and check the cart and hold its stock (S1 to S4); `write` it in the same transaction.

    Raises CartEmpty, NotFound (address), VersionConflict, ProductInactive, SellerInactive, CurrencyMismatch,
    NoShippingOption, CouponInvalid, CouponExhausted, PriceChanged and InsufficientStock; TryAgain when the transaction
    is to be begun anew.
    """
    rows = (await conn.execute(statements.READ_CART, where(user_id, asked))).all()
    if rows and rows[0].seen_version != rows[0].cart_version:
        raise TryAgain("the cart was changed while its lock was waited for")
    if not rows or rows[0].product_id is None:
        raise CartEmpty
    try:
        return await _held(conn, user_id, checked(rows, asked), asked, hold)
    except REFUSED as problem:
        raise refusals.told(problem, rows[0]) from None


async def write(conn: AsyncConnection, placed: Placed, answer: Mapping[str, object] | None = None) -> bool:
    """Write the pending order and its facts (S5), and with it the `answer` of its Idempotency-Key.

    False when the key has been answered before: the transaction is to be rolled back then. Raises TryAgain.
    """
    statement = statements.PLACE_ONCE if answer else statements.PLACE
    try:
        written = (await conn.execute(statement, columns(placed) | dict(answer or {}))).one()
    except IntegrityError as error:
        if violated(error) == "uq_orders_order_number":
            raise TryAgain("the order number was taken") from error
        raise
    if not written.open:
        raise TryAgain("a seller was closed meanwhile")
    if written.kept and placed.free:
        await unpaid.book(conn, placed)
    return bool(written.kept)


async def place(conn: AsyncConnection, user_id: UUID, asked: Checkout, *, hold: timedelta = HOLD) -> Placed:
    """The whole of it, without an Idempotency-Key; errors as of `hold_cart`."""
    placed = await hold_cart(conn, user_id, asked, hold=hold)
    await write(conn, placed)
    return placed


def where(user_id: UUID, asked: Checkout) -> dict[str, object]:
    """The parameters of the statements that read a cart to check it out."""
    province_id = asked.address.province_id if asked.address else None
    return {"user_id": user_id, "address_id": asked.address_id, "province_id": province_id}


def checked(rows: Sequence[Row[Any]], asked: Checkout) -> Cart:
    """A cart of which everything can be bought and sent as it was asked; raises what `hold_cart` raises of that."""
    first = rows[0]
    if asked.cart_version is not None and asked.cart_version != first.cart_version:
        raise VersionConflict(current_version=first.cart_version)
    for row in rows:
        if row.product_status != "active":
            raise ProductInactive(product_id=row.product_id)
        if row.seller_status != "active":
            raise SellerInactive(status=row.seller_status)
        if row.currency != first.cart_currency:
            raise CurrencyMismatch(expected=first.cart_currency, given=row.currency)
    address = asked.address.model_dump() if asked.address else first.address
    if address is None:
        raise NotFound("The address book has no such address.")
    goods = tuple(_goods(row) for row in rows)
    return Cart(
        id=first.cart_id,
        version=first.cart_version,
        currency=first.cart_currency,
        goods=goods,
        prices_when_added=tuple(row.price_when_added_minor for row in rows),
        coupon_code=first.coupon_code,
        promoted=first.promoted,
        address=address | {"recipient": first.recipient, "phone": first.phone},
        ways=tariffs.chosen(tariffs.ways(by_seller(rows), goods), asked.shipping_option),
    )


def _goods(row: Row[Any]) -> Goods:
    known = row._mapping
    fields = {name: known[name] for name in Goods.__struct_fields__ if name != "category"}
    return Goods(**fields, category=row.category or ())


async def _held(conn: AsyncConnection, user_id: UUID, cart: Cart, asked: Checkout, hold: timedelta) -> Placed:
    order_id, moment = ids.new(), ids.now()
    priced = agreed(cart, asked, await _discounts(conn, user_id, cart, moment) if cart.promoted else None)
    held = await inventory.reserve(
        conn,
        order_id=order_id,
        cause_type="checkout",
        cause_id=order_id,
        items=[Item(product_id=item.product_id, quantity=item.quantity) for item in cart.goods],
        expires_at=moment + hold,
    )
    return pending(user_id, cart, asked, priced, at=moment, held=held)


def agreed(cart: Cart, asked: Checkout, discounts: promotions.Discounts | None) -> Quote:
    """What it costs; PriceChanged when the shopper expects something else."""
    priced = quote(cart.goods, cart.ways, discounts)
    if asked.expected_total_minor not in (None, priced.total_minor):
        raise _other_total(cart, priced, asked)
    return priced


def pending(user_id: UUID, cart: Cart, asked: Checkout, priced: Quote, *, at: datetime, held: inventory.Hold) -> Placed:
    """The order of a cart whose stock is held."""
    return Placed(
        id=held.order_id,
        order_number=numbers.draw(at),
        user_id=user_id,
        cart_id=cart.id,
        cart_version=cart.version + 1,
        currency=cart.currency,
        at=at,
        address=cart.address,
        payment_method=asked.payment_method,
        session_id=asked.session_id,
        goods=cart.goods,
        quote=priced,
        hold=held,
    )


async def _discounts(conn: AsyncConnection, user_id: UUID, cart: Cart, moment: datetime) -> promotions.Discounts:
    """What promotions take off, their uses locked until the order is written (R-PRO-1, R-PRO-4)."""
    lines = tuple(
        promotions.Line(total_minor=item.total_minor, seller_id=item.seller_id, targets=item.targets)
        for item in cart.goods
    )
    costs = {seller_id: way.cost_minor for seller_id, way in cart.ways.items()}
    basket = promotions.Basket(lines=lines, currency=cart.currency, at=moment, shipping=costs)
    applied = await promotions.apply(conn, user_id, basket, cart.coupon_code, lock=True)
    if cart.coupon_code:
        promotions.usable(applied)
    return applied.discounts


def _other_total(cart: Cart, priced: Quote, asked: Checkout) -> PriceChanged:
    """Each line with its price when it was added, its price now and its discount, and each parcel's cost (R-ORD-5)."""
    lines = zip(cart.goods, cart.prices_when_added, priced.lines, strict=True)
    return PriceChanged(
        expected_total_minor=asked.expected_total_minor,
        total_minor=priced.total_minor,
        discount_minor=priced.discount_minor,
        shipping_minor=priced.shipping_minor,
        items=[
            {
                "product_id": item.product_id,
                "price_minor": item.price_minor,
                "price_when_added_minor": before,
                "discount_minor": line.discount_minor,
            }
            for item, before, line in lines
        ],
        shipping=[
            {name: getattr(one, name) for name in ("seller_id", "code", "cost_minor", "discount_minor")}
            for one in priced.shipping
        ],
    )
