"""Where an account is signed in, and how to end that elsewhere."""

from uuid import UUID

from fastapi import APIRouter, Request

from api.auth import Conn, Shopper
from api.edge import Route
from api.errors import AccountDisabled, InvalidCredentials, NotFound
from api.problems import problems
from api.unit import Work
from api.users import queries, service
from api.users.routes.endings import forget, present, require_right
from api.users.schemas import EndSession, OpenSession, OpenSessions

router = APIRouter(prefix="/users/me/sessions", route_class=Route)


@router.get("", summary="Where the account is signed in")
async def list_sessions(caller: Shopper, conn: Conn) -> OpenSessions:
    """Every session that can still be refreshed, the one used last first."""
    rows = await queries.sessions(conn, caller.user_id, caller.jti)
    return OpenSessions(items=[OpenSession.model_validate(row) for row in rows])


@router.delete(
    "/{session_id}",
    status_code=204,
    summary="End a session",
    responses=problems(NotFound, InvalidCredentials, AccountDisabled),
)
async def end_session(session_id: UUID, body: EndSession, caller: Shopper, request: Request, work: Work) -> None:
    """With the present password; its tokens count no more."""
    async with work.pool.connect() as reading:
        user = present(await queries.account(reading, caller.user_id))
        if session_id not in {row.id for row in await queries.sessions(reading, user.id, caller.jti)}:
            raise NotFound
    await require_right(work, user, body.password)
    conn = await work.connection()
    await queries.hold(conn, user.id)
    forget(request, work, await service.close(conn, user.id, family_id=session_id), user.id)
