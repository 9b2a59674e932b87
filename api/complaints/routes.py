"""Complaints over HTTP (E-ORD-5 to 9)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request

from api.auth import Current, Identity, Member, Shopper
from api.complaints import queries, service
from api.complaints.models import complaints
from api.complaints.schemas import (
    ComplaintAnswer,
    ComplaintChange,
    ComplaintsAnswer,
    ComplaintsWanted,
    NewComplaint,
    Verdict,
)
from api.edge import Route
from api.errors import (
    ComplaintOpen,
    ComplaintState,
    CursorInvalid,
    Forbidden,
    InsufficientStock,
    NotFound,
    OrderState,
    RefundExceedsCaptured,
    ReturnWindowClosed,
)
from api.idempotency import Once
from api.orders import queries as orders_read
from api.pagination import Keyset, Page
from api.problems import problems
from api.unit import Conn

router = APIRouter(prefix="/v1", tags=["orders"], route_class=Route)

ITS_AUTHORS = frozenset({"description", "evidence_urls"})


@router.post(
    "/orders/{order_id}/complaint",
    status_code=201,
    summary="Complain about an order",
    responses=problems(NotFound, ComplaintOpen, OrderState, ReturnWindowClosed),
    dependencies=[Once],
)
async def create_complaint(order_id: UUID, body: NewComplaint, caller: Shopper, conn: Conn) -> ComplaintAnswer:
    """From the day its first parcel leaves until 30 days after delivery; one complaint at a time (E-ORD-5)."""
    complaint_id = await service.complain(conn, order_id, caller.user_id, body)
    return ComplaintAnswer.model_validate(await queries.one(conn, complaint_id))


@router.get("/orders/{order_id}/complaint", summary="The newest complaint about an order", responses=problems(NotFound))
async def get_complaint(
    order_id: UUID,
    caller: Current,
    conn: Conn,
    every: Annotated[bool, Query(alias="all", description="earlier ones too, as a list")] = False,
) -> ComplaintAnswer | ComplaintsAnswer:
    """For the shopper, operators, and the seller whose line it is about (E-ORD-6)."""
    order = await orders_read.read(conn, order_id)
    seller_id = _as_seller(caller, order.user_id)
    newest = await queries.newest(conn, order_id, seller_id=seller_id)
    if not every:
        return ComplaintAnswer.model_validate(newest)
    rows = await queries.of_order(conn, order_id, seller_id=seller_id)
    return ComplaintsAnswer(items=[ComplaintAnswer.model_validate(row) for row in rows])


@router.patch(
    "/orders/{order_id}/complaint",
    summary="Change the open complaint",
    responses=problems(NotFound, Forbidden, ComplaintState),
    dependencies=[Once],
)
async def update_complaint(order_id: UUID, body: ComplaintChange, caller: Current, conn: Conn) -> ComplaintAnswer:
    """Its author writes it anew and adds evidence; the seller or an operator takes it under review (E-ORD-7)."""
    order = await orders_read.locked(conn, order_id)
    complaint = await queries.newest(conn, order_id, seller_id=_as_seller(caller, order.user_id))
    changes = body.model_dump(exclude_unset=True)
    authored = caller.shopped(order.user_id)
    if (changes.keys() - ITS_AUTHORS) if authored else (changes.keys() & ITS_AUTHORS):
        raise Forbidden("Text and evidence are the shopper's to change, the status is the seller's or an operator's.")
    await service.change(conn, complaint, changes)
    return ComplaintAnswer.model_validate(await queries.one(conn, complaint.id))


@router.post(
    "/orders/{order_id}/complaint/resolve",
    summary="Settle the open complaint",
    responses=problems(NotFound, Forbidden, ComplaintState, RefundExceedsCaptured, InsufficientStock, OrderState),
    dependencies=[Once],
)
async def resolve_complaint(order_id: UUID, body: Verdict, caller: Member, conn: Conn) -> ComplaintAnswer:
    """Give money back, send the goods again, or reject it (operators only); each follows at once (E-ORD-8)."""
    order = await orders_read.locked(conn, order_id)
    complaint = await queries.newest(conn, order_id, seller_id=None if caller.operator else caller.seller_id)
    if order.user_id == caller.user_id:
        raise Forbidden("Nobody settles a complaint of their own.")
    if body.resolution_type == "rejected" and not caller.operator:
        raise Forbidden("Operators reject complaints.")
    await service.resolve(conn, complaint, body, caller.user_id)
    return ComplaintAnswer.model_validate(await queries.one(conn, complaint.id))


@router.get("/complaints", summary="Complaints to handle", responses=problems(Forbidden, CursorInvalid))
async def list_complaints(
    wanted: Annotated[ComplaintsWanted, Query()], caller: Member, request: Request, conn: Conn
) -> Page[ComplaintAnswer]:
    """An operator's all, a seller's those that are about own lines, the oldest first (E-ORD-9)."""
    if not caller.operator and wanted.seller_id not in (None, caller.seller_id):
        raise Forbidden
    seller_id = wanted.seller_id if caller.operator else caller.seller_id
    filters = wanted.filters | {"caller": caller.user_id}
    secret = request.app.state.settings.cursor_secret
    keyset = Keyset(secret, wanted.sort, complaints.c.created_at, complaints.c.id, filters)
    return (await keyset.read(conn, queries.listed(wanted, seller_id), wanted)).of(ComplaintAnswer)


def _as_seller(caller: Identity, buyer_id: UUID) -> UUID | None:
    """The seller that a caller looks as, none for the buyer and operators; NotFound for everybody else."""
    if caller.operator or caller.shopped(buyer_id):
        return None
    if caller.seller_id is None:
        raise NotFound
    return caller.seller_id
