"""An order's timeline over HTTP (E-ORD-12)."""

from fastapi import APIRouter

from api.auth import Current
from api.edge import Route
from api.errors import NotFound
from api.problems import problems
from api.timeline import service
from api.timeline.schemas import Timeline
from api.unit import Conn

router = APIRouter(prefix="/v1", tags=["orders"], route_class=Route)


@router.get("/orders/{order_id}/timeline", summary="What happened to an order", responses=problems(NotFound))
async def get_order_timeline(order_id: str, caller: Current, conn: Conn) -> Timeline:
    """Every fact of an order, by its id or order number, each after its cause: what waits for the log too.

    Shoppers see what is theirs, sellers what concerns own lines, operators everything.
    """
    return await service.timeline(conn, caller, order_id)
