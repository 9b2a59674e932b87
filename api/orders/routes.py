"""Checkout and the life of an order over HTTP (E-ORD-1 to 4, 10, 11)."""

from collections.abc import Mapping
from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from api.auth import Current, Identity, Member, Shopper
from api.cache import Cache
from api.edge import Route
from api.errors import (
    CartEmpty,
    CouponExhausted,
    CouponInvalid,
    CurrencyMismatch,
    CursorInvalid,
    Forbidden,
    InsufficientStock,
    NoShippingOption,
    NotFound,
    OrderNotCancellable,
    OrderState,
    PriceChanged,
    ProductInactive,
    RefundExceedsCaptured,
    ReturnWindowClosed,
    SellerInactive,
    VersionConflict,
)
from api.idempotency import Once, Stored, columns, current
from api.orders import queries, reading, service
from api.orders.returned import NewReturn, Reception, ReturnAnswer
from api.orders.schemas import (
    Cancellation,
    Checkout,
    CheckoutAnswer,
    ItemAnswer,
    OrderAnswer,
    OrdersWanted,
    ProductKept,
    ReservationAnswer,
)
from api.orders.states import allowed_actions
from api.pagination import Page
from api.problems import problems
from api.rates import Money
from api.schemas import AddressKept
from api.sending import OrderCharge
from api.unit import Conn, TryAgain, Work

router = APIRouter(prefix="/v1", tags=["orders"], route_class=Route)

_CHECKOUT = problems(
    CartEmpty,
    CouponInvalid,
    CouponExhausted,
    InsufficientStock,
    PriceChanged,
    ProductInactive,
    SellerInactive,
    VersionConflict,
    CurrencyMismatch,
    NoShippingOption,
    NotFound,
)


_OPTIONS: dict[str, Any] = {
    "status_code": 201, "summary": "Place an order", "responses": _CHECKOUT,
    "dependencies": [Money, Once], "response_model": CheckoutAnswer,
}  # fmt: skip


@router.post("/orders", deprecated=True, **_OPTIONS)
@router.post("/checkout", **_OPTIONS)
async def checkout(body: Checkout, caller: Shopper, work: Work, request: Request) -> Response:
    """Make an order of the cart: its stock is held for 15 minutes, in which it has to be paid.

    The cart's coupon is looked at again, and the best promotion that applies by itself is used; an order that costs
    nothing is confirmed at once. A refusal over goods, stock, coupon or total is noted and raises the cart's version:
    `cart_version` says to which.
    """
    answer = await _at_once(body, caller, work, request) or await _checked_out(body, caller, work, request)
    cache: Cache = request.app.state.cache
    work.after_commit(lambda: cache.drop(f"cart:{caller.user_id}"))
    return answer


async def _at_once(body: Checkout, caller: Identity, work: Work, request: Request) -> Stored | None:
    """By a statement that is a transaction; None when that cannot be, or what was seen has changed meanwhile."""
    if caller.operator:  # what operators do is noted in the same transaction
        return None
    try:
        conn = await work.reading()
        looked = await service.look(conn, caller.user_id, body)
        answer, keeping = _answer(looked.placed, request)
        answer.kept = await service.hold_and_write(conn, looked, keeping)
    except TryAgain:
        await work.rollback()
        return None
    return answer


async def _checked_out(body: Checkout, caller: Identity, work: Work, request: Request) -> Stored:
    conn = await work.connection()
    placed = await service.hold_cart(conn, caller.user_id, body)
    answer, keeping = _answer(placed, request)
    answer.kept = await service.write(conn, placed, keeping)
    return answer


def _answer(placed: service.Placed, request: Request) -> tuple[Stored, Mapping[str, object] | None]:
    """What is answered, and how it is kept for the call's key if it has one."""
    answer = Stored(_placed(placed).model_dump_json(), 201, media_type="application/json")
    call = current(request)
    return answer, columns(call, answer) if call else None


def _placed(placed: service.Placed) -> CheckoutAnswer:
    priced = placed.quote
    items = [
        ItemAnswer(
            id=line.order_item_id,
            line_no=number,
            product_id=line.product_id,
            seller_id=line.seller_id,
            product_name=item.name,
            quantity=line.quantity,
            unit_price_minor=line.unit_price_minor,
            discount_minor=line.discount_minor,
            tax_minor=line.tax_minor,
            total_minor=line.total_minor,
            refunded_minor=0,
            returned_quantity=0,
            product_snapshot=cast(ProductKept, item.snapshot),
        )
        for number, (line, item) in enumerate(zip(priced.lines, placed.goods, strict=True), start=1)
    ]
    order = OrderAnswer(
        id=placed.id,
        order_number=placed.order_number,
        status=placed.status,
        currency=placed.currency,
        subtotal_minor=priced.subtotal_minor,
        discount_minor=priced.discount_minor,
        shipping_minor=priced.shipping_minor,
        tax_minor=priced.tax_minor,
        total_minor=priced.total_minor,
        payment_method=placed.payment_method,
        shipping_address=cast(AddressKept, placed.address),
        hold_expires_at=placed.hold_expires_at,
        confirmed_at=placed.confirmed_at,
        created_at=placed.at,
        version=placed.version,
        items=items,
        shipping=[OrderCharge.model_validate(one) for one in priced.shipping],
        allowed_actions=allowed_actions(placed.status, picked_up=False),
    )
    hold = ReservationAnswer(id=placed.hold.id, expires_at=placed.hold.expires_at)
    return CheckoutAnswer(order=order, reservation=hold, payment_due_minor=priced.total_minor)


@router.get("/orders", summary="Orders", responses=problems(CursorInvalid, Forbidden))
async def list_orders(
    wanted: Annotated[OrdersWanted, Query()], caller: Current, request: Request, conn: Conn
) -> Page[OrderAnswer]:
    """The caller's orders; `view=seller` lists those that hold own lines, as API keys see them; operators see all."""
    return await reading.page(conn, caller, wanted, secret=request.app.state.settings.cursor_secret)


@router.get("/orders/{order_id}", summary="An order", responses=problems(NotFound))
async def get_order(order_id: str, caller: Current, conn: Conn) -> OrderAnswer:
    """One order, by id or order number, with its payment, parcels and returns."""
    return await reading.one(conn, caller, order_id)


@router.post(
    "/orders/{order_id}/cancel",
    summary="Cancel an order",
    responses=problems(NotFound, OrderNotCancellable),
    dependencies=[Once],
)
async def cancel_order(order_id: UUID, body: Cancellation, caller: Current, conn: Conn) -> OrderAnswer:
    """Cancel an order before a parcel has left; what was paid goes back. A repeat changes nothing."""
    by = await _canceller(conn, order_id, caller, body.reason)
    await service.cancel(conn, order_id, reason=body.reason, by=by, note=body.note)
    return await reading.one(conn, caller, str(order_id))


async def _canceller(conn: Conn, order_id: UUID, caller: Identity, reason: str) -> str:
    """Who cancels: shoppers by their own request, sellers when all lines are own, operators for any reason."""
    order = await queries.read(conn, order_id)
    if caller.operator:
        return "operator"
    if caller.shopped(order.user_id) and reason == "customer_request":
        return "shopper"
    if caller.shopped(order.user_id) and caller.seller_id is None:
        raise Forbidden("Shoppers cancel with the reason customer_request.")
    if await queries.sellers(conn, order_id) == {caller.seller_id}:
        return "seller"
    raise NotFound


@router.post(
    "/orders/{order_id}/return",
    summary="Ask to send goods back",
    status_code=201,
    responses=problems(NotFound, OrderState, ReturnWindowClosed),
    dependencies=[Once],
)
async def request_return(order_id: UUID, body: NewReturn, caller: Current, conn: Conn) -> ReturnAnswer:
    """Ask to send goods back, within 30 days after delivery."""
    order = await queries.read(conn, order_id)
    if not caller.shopped(order.user_id) and not caller.operator:
        raise NotFound
    return_id = await service.request_return(conn, order_id, order.user_id, body)
    return ReturnAnswer.model_validate(await queries.returned_goods(conn, return_id))


@router.post(
    "/orders/{order_id}/return/receive",
    summary="Take returned goods",
    responses=problems(NotFound, Forbidden, OrderState, RefundExceedsCaptured),
    dependencies=[Once],
)
async def receive_return(order_id: UUID, body: Reception, caller: Member, conn: Conn) -> ReturnAnswer:
    """Say that returned goods arrived: accepted ones are refunded, and put back into stock when fit for sale."""
    if (await queries.read(conn, order_id)).user_id == caller.user_id:
        raise Forbidden("Nobody takes the returned goods of an own order.")
    seller_id = None if caller.operator else caller.seller_id
    return_id = await service.receive(conn, order_id, body, seller_id=seller_id)
    return ReturnAnswer.model_validate(await queries.returned_goods(conn, return_id))
