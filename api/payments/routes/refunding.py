"""Money back over HTTP (E-PAY-5 to 8)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request

from api.auth import Current, Identity, Member
from api.edge import Route
from api.errors import (
    CursorInvalid,
    Forbidden,
    NotFound,
    PaymentState,
    RefundExceedsCaptured,
    RefundState,
)
from api.idempotency import Once
from api.orders import queries as orders
from api.pagination import Page
from api.payments import queries, reading, service
from api.payments.schemas import (
    NewRefund,
    RefundAnswer,
    RefundDecision,
    RefundsWanted,
)
from api.problems import problems
from api.rates import Money
from api.unit import Conn

router = APIRouter(tags=["payments"], route_class=Route)

_OWN = "Nobody decides on a refund of an own order."


@router.get("/payments/refunds", summary="Refunds", responses=problems(CursorInvalid), deprecated=True)
@router.get("/refunds", summary="Refunds", responses=problems(CursorInvalid))
async def list_refunds(
    wanted: Annotated[RefundsWanted, Query()], caller: Current, request: Request, conn: Conn
) -> Page[RefundAnswer]:
    """Refunds: own ones, a seller's those that no other seller has part in, an operator's all."""
    return await reading.page(conn, caller, wanted, secret=request.app.state.settings.cursor_secret)


@router.post(
    "/refunds",
    summary="Ask for money back",
    status_code=201,
    responses=problems(NotFound, Forbidden, RefundExceedsCaptured, PaymentState),
    dependencies=[Money, Once],
)
async def request_refund(body: NewRefund, caller: Current, conn: Conn) -> RefundAnswer:
    """Ask money back. A shopper's wish waits for a decision, a seller's or operator's is approved at once."""
    order_id = body.order_id or (await queries.read(conn, body.payment_id or UUID(int=0))).order_id
    by = await _approver(conn, caller, order_id)
    wish = service.Wish(
        order_id,
        reason_code=body.reason_code,
        cause_type="seller" if by == "seller" else "manual",
        amount_minor=body.amount_minor,
        reason=body.reason,
        requested_by=caller.user_id,
        target=body.target,
        approved_by=by,
        seller_id=caller.seller_id if by == "seller" else None,
    )
    return RefundAnswer.model_validate(await service.ask(conn, wish))


async def _approver(conn: Conn, caller: Identity, order_id: UUID) -> str | None:
    """As whom a caller grants a refund; None for the shopper, whose wish waits, an operator's own too."""
    order = await orders.read(conn, order_id)
    if caller.shopped(order.user_id):
        return None
    if caller.operator:
        return "operator"
    if caller.seller_id not in await orders.sellers(conn, order_id):
        raise NotFound
    if order.user_id == caller.user_id:
        raise Forbidden(_OWN)
    return "seller"


@router.get("/refunds/{refund_id}", summary="A refund", responses=problems(NotFound))
async def get_refund(refund_id: UUID, caller: Current, conn: Conn) -> RefundAnswer:
    """One refund."""
    return RefundAnswer.model_validate(await reading.refund(conn, caller, refund_id))


@router.post(
    "/refunds/{refund_id}/decision",
    summary="Decide on a refund",
    responses=problems(NotFound, RefundState, RefundExceedsCaptured, Forbidden),
    dependencies=[Once],
)
async def decide_refund(refund_id: UUID, body: RefundDecision, caller: Member, conn: Conn) -> RefundAnswer:
    """Approve or reject a shopper's wish, or retry a refund that the gateway refused."""
    # A seller finds only refunds that no other seller has part in, and may decide on what is found.
    refund = await reading.refund(conn, caller, refund_id)
    by = await _approver(conn, caller, refund.order_id)
    if by is None:
        raise Forbidden(_OWN)
    decided = await service.decide(conn, refund_id, body, by=by, decided_by=caller.user_id)
    return RefundAnswer.model_validate(decided)
