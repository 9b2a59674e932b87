"""Answers about the whole of the business; the books at a cut are the core's side of `atlantic reconcile` (E-ANA-3)."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from api import ids
from api.analytics import queries
from api.analytics.schemas import BooksAnswer, BooksWanted, CellAnswer
from api.auth import Operator
from api.edge import Route
from api.errors import CursorInvalid
from api.ledger import queries as ledger
from api.problems import problems
from api.unit import Conn

router = APIRouter(prefix="/v1/analytics", tags=["analytics"], route_class=Route)


@router.get("/reconcile", responses=problems(CursorInvalid))
async def read_books(request: Request, _: Operator, conn: Conn, wanted: Annotated[BooksWanted, Query()]) -> BooksAnswer:
    """The books as PostgreSQL has them, per seller, currency and day, complete up to one transaction."""
    complete_to = min(wanted.complete_to or await ledger.cut(conn), await ledger.cut(conn))
    secret = request.app.state.settings.cursor_secret
    rows, further = await queries.page_of_books(conn, wanted, complete_to, secret=secret)
    cells = [CellAnswer.model_validate(row) for row in rows]
    return BooksAnswer(complete_to=complete_to, at=ids.now(), cells=cells, next_cursor=further)
