"""A stuck order over HTTP (E-ORD-13)."""

from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import Field

from api.auth import Operator
from api.edge import Route
from api.errors import NotFound, OrderState, ReservationExpired, ReservationState
from api.idempotency import Once
from api.orders import queries, reading
from api.orders.schemas import OrderAnswer
from api.problems import problems
from api.recovery import service
from api.schemas import Body, Note
from api.trail import recording
from api.unit import Conn

router = APIRouter(prefix="/v1", tags=["orders"], route_class=Route)


class Rescue(Body):
    """What is to become of a stuck order."""

    action: Literal["resume", "compensate"] = Field(description="go on with it, or cancel it and give all back")
    note: Note | None = Field(
        default=None,
        description="kept in the trail for good, so name nobody; of `compensate` it is the order's `cancellation_note`",
        examples=["The carrier's label never came."],
    )


@router.post(
    "/orders/{order_id}/resume",
    status_code=202,
    summary="Go on with a stuck order, or give it up",
    responses=problems(NotFound, OrderState, ReservationState, ReservationExpired),
    dependencies=[Once],
)
async def resume_order(order_id: UUID, body: Rescue, caller: Operator, request: Request, conn: Conn) -> OrderAnswer:
    """Does what its last step should have caused, each effect once; a repeat changes nothing (E-ORD-13)."""
    order = await queries.locked(conn, order_id)
    if body.action == "resume":
        recording.keep_note(request, body.note)
        await service.resume(conn, order)
    else:
        await service.compensate(conn, order, body.note)
    return await reading.one(conn, caller, str(order_id))
