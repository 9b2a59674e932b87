"""Orders as their callers may see them: the shopper all of the own ones, a seller own lines and the area (R-ORD-23)."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Row, Select, cast, exists, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from api.auth import Identity
from api.errors import Forbidden, NotFound
from api.orders import charges
from api.orders.models import order_items, order_returns, orders
from api.orders.returned import ReturnAnswer
from api.orders.schemas import (
    ComplaintSummary,
    ItemAnswer,
    OrderAnswer,
    OrdersWanted,
    PaymentSummary,
    ShipmentSummary,
)
from api.orders.states import allowed_actions
from api.pagination import Keyset, Page
from api.sending import OrderCharge

_AREA = ("province_id", "city_id", "province_name", "city_name")
_PAYMENTS = text(
    "SELECT DISTINCT ON (order_id) order_id, id, status, payment_method, amount_minor, captured_minor, refunded_minor, "
    "failure_reason FROM payments WHERE order_id = ANY(CAST(:ids AS uuid[])) ORDER BY order_id, id DESC"
)
_SHIPMENTS = text(
    "SELECT order_id, id, seller_id, kind, status, carrier, tracking_number, shipped_at, delivered_at FROM shipments "
    "WHERE order_id = ANY(CAST(:ids AS uuid[])) ORDER BY id"
)
# A seller is told of complaints about own lines, and about whole orders of own lines alone.
_COMPLAINTS = text("""
SELECT c.order_id, c.id, c.order_item_id, c.type, c.status, c.created_at,
       CAST(:seller_id AS uuid) IS NULL OR NOT EXISTS (
           SELECT FROM order_items i WHERE i.order_id = c.order_id AND i.seller_id <> :seller_id
           AND (c.order_item_id IS NULL OR c.order_item_id = i.id)
       ) AS told
FROM complaints c WHERE c.order_id = ANY(CAST(:ids AS uuid[])) AND c.status IN ('open', 'under_review')
""")

Rows = Sequence[Row[Any]]


async def one(conn: AsyncConnection, caller: Identity, name: str) -> OrderAnswer:
    """The order of an id or order number; NotFound when the caller has nothing to do with it."""
    found = (await conn.execute(select(orders).where(_named(name)))).one_or_none()
    if found is None:
        raise NotFound
    if caller.shopped(found.user_id) or caller.operator:
        answer = (await _assembled(conn, [found], seller_id=None))[0]
        return answer if caller.operator else _to_shopper(answer)
    if caller.seller_id is None:
        raise NotFound
    answer = (await _assembled(conn, [found], seller_id=caller.seller_id))[0]
    if not answer.items:
        raise NotFound
    return answer


def _to_shopper(answer: OrderAnswer) -> OrderAnswer:
    """Without what others wrote about its cancellation, such as why it was taken for fraud, or said by phone."""
    if answer.cancelled_by == "shopper":
        return answer
    return answer.model_copy(update={"cancellation_note": None})


def _named(name: str) -> ColumnElement[bool]:
    try:
        return orders.c.id == UUID(name)
    except ValueError:
        return orders.c.order_number == name.upper()


async def page(conn: AsyncConnection, caller: Identity, wanted: OrdersWanted, *, secret: str) -> Page[OrderAnswer]:
    """One page of the caller's orders; Forbidden for filters that are not theirs, CursorInvalid."""
    seller_id = _seller_in_view(caller, wanted)
    column = _total(seller_id) if wanted.sort.endswith("total") else orders.c.created_at
    filters = wanted.filters | {"caller": caller.user_id}
    keyset = Keyset(secret, wanted.sort, column, orders.c.id, filters)
    found = await keyset.read(conn, _filtered(caller, wanted, seller_id), wanted)
    items = await _assembled(conn, found.rows, seller_id)
    if seller_id is None and not caller.operator:
        items = [_to_shopper(answer) for answer in items]
    return Page(items=items, next_cursor=found.next_cursor)


def _seller_in_view(caller: Identity, wanted: OrdersWanted) -> UUID | None:
    if not caller.operator and (wanted.user_id or wanted.seller_id not in (None, caller.seller_id)):
        raise Forbidden
    if (wanted.view == "seller" and not caller.operator) or caller.scopes is not None:
        if caller.seller_id is None:
            raise Forbidden
        return caller.seller_id
    return wanted.seller_id


def _total(seller_id: UUID | None) -> ColumnElement[Any]:
    """What an order's answer says as its total: of one seller's lines and parcel, when it is read for a seller."""
    if seller_id is None:
        return orders.c.total_minor
    own = order_items.c.order_id == orders.c.id, order_items.c.seller_id == seller_id
    goods = select(func.sum(order_items.c.total_minor)).where(*own).correlate(orders).scalar_subquery()
    return cast(goods + charges.charged_to(seller_id, orders.c.shipping_options), BigInteger)


def _filtered(caller: Identity, wanted: OrdersWanted, seller_id: UUID | None) -> Select[Any]:
    conditions: list[ColumnElement[bool]] = []
    if seller_id:
        lines = order_items.c
        conditions.append(exists().where(lines.order_id == orders.c.id, lines.seller_id == seller_id))
    elif not caller.operator:
        conditions.append(orders.c.user_id == caller.user_id)
    if wanted.user_id:
        conditions.append(orders.c.user_id == wanted.user_id)
    if wanted.status:
        conditions.append(or_(*(orders.c.status == status for status in wanted.status)))
    if wanted.since:
        conditions.append(orders.c.created_at >= wanted.since)
    if wanted.until:
        conditions.append(orders.c.created_at < wanted.until)
    if wanted.order_number:
        conditions.append(orders.c.order_number == wanted.order_number)
    return select(orders).where(*conditions)


async def _assembled(conn: AsyncConnection, rows: Rows, seller_id: UUID | None) -> list[OrderAnswer]:
    keys = [row.id for row in rows]
    if not keys:
        return []
    own = [order_items.c.seller_id == seller_id] if seller_id else []
    statement = select(order_items).where(order_items.c.order_id.in_(keys), *own)
    lines = await _by_order(conn, statement.order_by(order_items.c.line_no))
    payments = await _by_order(conn, _PAYMENTS, ids=keys)
    parcels = await _by_order(conn, _SHIPMENTS, ids=keys)
    asked_back = select(order_returns).where(order_returns.c.order_id.in_(keys)).order_by(order_returns.c.id)
    returns = await _by_order(conn, asked_back)
    complaints = await _by_order(conn, _COMPLAINTS, ids=keys, seller_id=seller_id)
    related = (lines, payments, parcels, returns, complaints)
    return [_answer(row, [found.get(row.id, []) for found in related], seller_id) for row in rows]


async def _by_order(conn: AsyncConnection, statement: Any, **values: Any) -> dict[UUID, list[Row[Any]]]:
    found: dict[UUID, list[Row[Any]]] = {}
    for row in await conn.execute(statement, values):
        found.setdefault(row.order_id, []).append(row)
    return found


def _answer(order: Row[Any], related: Sequence[Rows], seller_id: UUID | None) -> OrderAnswer:
    lines, payments, parcels, returns, complaints = related
    mine = [parcel for parcel in parcels if seller_id in (None, parcel.seller_id)]
    shipping = [one for one in charges.of_order(order) if seller_id in (None, one.seller_id)]
    fields = {
        **order._mapping,
        "shipping_address": _address(order.shipping_address, whole=seller_id is None or bool(mine)),
        "items": [ItemAnswer.model_validate(line) for line in lines],
        "shipping": [OrderCharge.model_validate(one) for one in shipping],
        "payment": PaymentSummary.model_validate(payments[0]) if payments and seller_id is None else None,
        "shipments": [ShipmentSummary.model_validate(parcel) for parcel in mine],
        "returns": [answer for row in returns if (answer := _return(row, seller_id)).items],
        "complaint": next((ComplaintSummary.model_validate(row) for row in complaints if row.told), None),
        "allowed_actions": _actions(order, parcels, returns, complaints),
    }
    return OrderAnswer.model_validate(fields if seller_id is None else fields | _share(order, fields, shipping))


def _actions(order: Row[Any], parcels: Rows, returns: Rows, complaints: Rows) -> list[str]:
    return allowed_actions(
        order.status,
        picked_up=any(parcel.status not in ("pending", "cancelled") for parcel in parcels),
        returning=any(row.status == "requested" for row in returns),
        shipped_at=order.shipped_at,
        delivered_at=order.delivered_at,
        complaint_open=bool(complaints),
    )


def _return(row: Row[Any], seller_id: UUID | None) -> ReturnAnswer:
    answer = ReturnAnswer.model_validate(row)
    if seller_id is None:
        return answer
    items = [item for item in answer.items if item.get("seller_id") == seller_id]
    shipping = {seller: minor for seller, minor in answer.shipping.items() if seller == seller_id}
    whole = sum(item.get("refund_minor", 0) for item in items) + sum(shipping.values())
    return answer.model_copy(update={"items": items, "shipping": shipping, "refund_minor": whole})


def _address(snapshot: dict[str, Any], *, whole: bool) -> dict[str, Any]:
    return snapshot if whole else {name: snapshot.get(name) for name in _AREA}


def _share(order: Row[Any], shown: Mapping[str, Any], shipping: Sequence[charges.ShippingCharge]) -> dict[str, Any]:
    """The sums of a seller's own lines and parcel, in the place of the order's, and what a seller may do with it."""
    lines, charged = shown["items"], sum(one.charged_minor for one in shipping)
    subtotal = sum(line.unit_price_minor * line.quantity for line in lines)
    own = {"cancel"} if subtotal == order.subtotal_minor else set[str]()
    return {
        "subtotal_minor": subtotal,
        "discount_minor": sum(line.discount_minor for line in lines),
        "shipping_minor": charged,
        "tax_minor": sum(line.tax_minor for line in lines),
        "total_minor": sum(line.total_minor for line in lines) + charged,
        "allowed_actions": [action for action in shown["allowed_actions"] if action in own],
    }
