"""The trail over HTTP, for admins (R-SEC-7)."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from api.auth import Admin
from api.edge import Route
from api.errors import CursorInvalid
from api.pagination import Keyset, Page
from api.platform import audit_trail
from api.problems import problems
from api.trail import queries
from api.trail.schemas import ActionAnswer, ActionsWanted
from api.unit import Conn

router = APIRouter(prefix="/v1", tags=["operations"], route_class=Route)


@router.get("/trail", summary="What operators did", responses=problems(CursorInvalid))
async def list_trail(
    wanted: Annotated[ActionsWanted, Query()], _: Admin, request: Request, conn: Conn
) -> Page[ActionAnswer]:
    """What operators and admins changed, newest first."""
    row, secret = audit_trail.c, request.app.state.settings.cursor_secret
    keyset = Keyset(secret, "-created_at", row.created_at, row.id, wanted.filters)
    return (await keyset.read(conn, queries.listed(wanted), wanted)).of(ActionAnswer)
