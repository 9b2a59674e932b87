"""Sales of a seller or of all (E-ANA-1, E-ANA-2); the core's side of `atlantic reconcile` (E-ANA-3)."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from api import ids
from api.analytics import queries, service
from api.analytics.schemas import (
    BooksAnswer,
    BooksWanted,
    CellAnswer,
    DashboardAnswer,
    DashboardWanted,
    OrdersAnswer,
    OrdersWanted,
    SalesWanted,
)
from api.auth import Identity, Member, Operator
from api.edge import Route
from api.errors import CursorInvalid, Forbidden, NotFound, ReadModelUnavailable
from api.ledger import queries as ledger
from api.problems import problems
from api.unit import Conn

router = APIRouter(prefix="/v1/analytics", tags=["analytics"], route_class=Route)


@router.get("/reconcile", summary="The books", responses=problems(CursorInvalid))
async def get_books(wanted: Annotated[BooksWanted, Query()], _: Operator, request: Request, conn: Conn) -> BooksAnswer:
    """The books as PostgreSQL has them, per seller, currency and day, complete up to one transaction."""
    complete_to = min(wanted.complete_to or await ledger.cut(conn), await ledger.cut(conn))
    secret = request.app.state.settings.cursor_secret
    found = await queries.page_of_books(conn, wanted, complete_to, secret=secret)
    cells = [CellAnswer.model_validate(row) for row in found.rows]
    return BooksAnswer(complete_to=complete_to, at=ids.now(), cells=cells, next_cursor=found.next_cursor)


async def _whose(conn: Conn, caller: Identity, wanted: SalesWanted, request: Request) -> service.Whose:
    default = request.app.state.settings.platform_currency
    return await service.whose(conn, caller, wanted, default)


@router.get(
    "/dashboard", summary="A dashboard's numbers", responses=problems(Forbidden, NotFound, ReadModelUnavailable)
)
async def get_dashboard(
    wanted: Annotated[DashboardWanted, Query()], caller: Member, request: Request, conn: Conn
) -> DashboardAnswer:
    """Sellers see their own numbers; operators those of all or of one; money never of two currencies (E-ANA-1)."""
    whose = await _whose(conn, caller, wanted, request)
    return await service.dashboard(conn, request.app.state.cache, whose, wanted)


@router.get("/orders", summary="Sales by time", responses=problems(Forbidden, NotFound, ReadModelUnavailable))
async def get_sales_by_time(
    wanted: Annotated[OrdersWanted, Query()], caller: Member, request: Request, conn: Conn
) -> OrdersAnswer:
    """By hour, day, week or month, in UTC; in groups if wanted; at most 1,000 points (E-ANA-2)."""
    whose = await _whose(conn, caller, wanted, request)
    if wanted.group:
        return await service.grouped(conn, whose, wanted, wanted.group)
    return await service.by_time(request.app.state.cache, whose, wanted)
