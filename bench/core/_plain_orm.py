"""Checkout as a plain ORM would write it: the same rows and facts, one object a row, one session a checkout."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import registry

from api import ids, outbox
from api.inventory.service import Cause, Hold
from api.orders import numbers
from api.orders.placed import BORN_AT, Placed, columns, facts
from api.orders.pricing import Goods, quote
from api.orders.schemas import Checkout
from api.outbox import Fact
from api.tables import carts, catalog, inventory, orders, sellers
from api.tables import outbox as outbox_table
from streams.events import Item
from streams.events.inventory import InventoryReserved, StockMoved

_mapped = registry()


def _mapping(name: str, table: Table) -> Any:
    cls = type(name, (), {})
    _mapped.map_imperatively(cls, table)
    return cls


Cart, CartItem = _mapping("Cart", carts.carts), _mapping("CartItem", carts.cart_items)
Product, Seller = _mapping("Product", catalog.products), _mapping("Seller", sellers.sellers)
Category = _mapping("Category", catalog.categories)
Stock, Movement = _mapping("Stock", inventory.inventory), _mapping("Movement", inventory.stock_movements)
Reservation = _mapping("Reservation", inventory.reservations)
ReservationItem = _mapping("ReservationItem", inventory.reservation_items)
Order, OrderItem = _mapping("Order", orders.orders), _mapping("OrderItem", orders.order_items)
Outbox = _mapping("Outbox", outbox_table)


async def place(pool: AsyncEngine, user_id: UUID, asked: Checkout) -> None:
    """One checkout in one session: read, lock, change, flush, commit."""
    async with AsyncSession(pool, expire_on_commit=False) as session, session.begin():
        cart: Any = await session.scalar(
            select(Cart).where(Cart.user_id == user_id, Cart.status == "active").with_for_update()
        )
        items = (await session.scalars(select(CartItem).where(CartItem.cart_id == cart.id))).all()
        goods = [await _goods(session, item) for item in items]
        moment, order_id = ids.now(), ids.new()
        hold = await _reserve(session, goods, order_id, moment)
        placed = Placed(
            id=order_id, order_number=numbers.draw(moment), user_id=user_id, cart_id=cart.id,
            cart_version=cart.version + 1, currency=cart.currency, at=moment,
            address=asked.address.model_dump() if asked.address else {}, payment_method="card", session_id=None,
            goods=tuple(goods), quote=quote(goods, {}), hold=hold,
        )  # fmt: skip
        _write(session, placed)
        cart.status, cart.version, cart.updated_at = "checked_out", cart.version + 1, moment


async def _goods(session: AsyncSession, item: Any) -> Goods:
    product: Any = await session.get(Product, item.product_id)
    seller: Any = await session.get(Seller, product.seller_id)
    category: Any = await session.get(Category, product.category_id)
    return Goods(
        product_id=product.id, sku=product.sku, name=product.name, brand=product.brand,
        category_id=product.category_id, category=(category.name,), specifications={}, seller_id=product.seller_id,
        quantity=item.quantity, price_minor=product.price_minor, tax_bp=product.tax_bp,
        weight_grams=product.weight_grams, commission_bp=seller.commission_bp, product_version=product.version,
    )  # fmt: skip


async def _reserve(session: AsyncSession, goods: Sequence[Goods], order_id: UUID, moment: datetime) -> Hold:
    items = tuple(Item(product_id=item.product_id, quantity=item.quantity) for item in goods)
    hold = Hold(ids.new(), order_id, "held", moment + timedelta(minutes=15), items)
    session.add(_filled(Reservation, id=hold.id, order_id=order_id, cause_id=order_id, expires_at=hold.expires_at))
    reserved = InventoryReserved(reservation_id=hold.id, order_id=order_id, items=items, expires_at=hold.expires_at)
    hold.facts.append(Fact(reserved, seq=1))
    for item in sorted(goods, key=lambda one: one.product_id):
        stock: Any = await session.scalar(select(Stock).where(Stock.product_id == item.product_id).with_for_update())
        assert stock.on_hand - stock.reserved >= item.quantity
        stock.reserved, stock.version, stock.updated_at = stock.reserved + item.quantity, stock.version + 1, moment
        session.add(_filled(ReservationItem, reservation_id=hold.id, inventory_id=stock.id,
                            product_id=item.product_id, quantity=item.quantity))  # fmt: skip
        hold.facts.append(_moved(session, stock, item, Cause("order", order_id), moment))
    return hold


def _moved(session: AsyncSession, stock: Any, item: Goods, cause: Cause, moment: datetime) -> Fact:
    change = {
        "kind": "reserved", "on_hand_delta": 0, "reserved_delta": item.quantity, "on_hand_after": stock.on_hand,
        "reserved_after": stock.reserved, "cause_type": cause.type, "cause_id": cause.id,
    }  # fmt: skip
    session.add(_filled(Movement, id=ids.new(), inventory_id=stock.id, product_id=item.product_id,
                        version=stock.version, occurred_at=moment, **change))  # fmt: skip
    event = StockMoved(
        inventory_id=stock.id, product_id=item.product_id, seller_id=item.seller_id, bucket=stock.bucket,
        **change,
    )  # fmt: skip
    return Fact(event, seq=stock.version)


def _write(session: AsyncSession, placed: Placed) -> None:
    order = {name: value for name, value in columns(placed).items() if name in orders.orders.c}
    order |= {"shipping_address": placed.address, "version": BORN_AT, "created_at": placed.at, "updated_at": placed.at}
    session.add(_filled(Order, **order))
    for number, (line, item) in enumerate(zip(placed.quote.lines, placed.goods, strict=True), 1):
        session.add(_filled(
            OrderItem, id=line.order_item_id, order_id=placed.id, line_no=number, product_id=line.product_id,
            seller_id=line.seller_id, product_name=item.name, unit_price_minor=line.unit_price_minor,
            quantity=line.quantity, tax_minor=line.tax_minor, total_minor=line.total_minor,
            commission_bp=item.commission_bp, product_snapshot=item.snapshot,
        ))  # fmt: skip
    told = outbox.rows(facts(placed))
    for topic, partition, event_id, text in zip(*told.values(), strict=True):
        session.add(_filled(Outbox, topic=topic, partition=partition, event_id=event_id, line=text))


def _filled(cls: Any, **values: Any) -> Any:
    row = cls()
    for name, value in values.items():
        setattr(row, name, value)
    return row
