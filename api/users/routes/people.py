"""Accounts by their id over HTTP: support, administration, other processes (E-USR-14 to 17)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request

from api.auth import Admin, Conn, Identity, Operator, Shopper, holds
from api.edge import Route
from api.errors import (
    AccountDisabled,
    CursorInvalid,
    EmailTaken,
    Forbidden,
    InvalidCredentials,
    NotFound,
    RoleConflict,
    UsernameTaken,
)
from api.pagination import Keyset, Page
from api.problems import problems
from api.unit import Work
from api.users import queries, service
from api.users.models import users
from api.users.routes.endings import forget, found, require_owner
from api.users.schemas import AccountChange, Contact, RoleChange, User, UsersWanted

router = APIRouter(prefix="/users", route_class=Route)


@router.get("", summary="Accounts", responses=problems(Forbidden, CursorInvalid))
async def list_users(
    wanted: Annotated[UsersWanted, Query()], operator: Operator, request: Request, conn: Conn
) -> Page[User]:
    """For operators: by e-mail, phone, role or status, the newest first (E-USR-17)."""
    filters = wanted.model_dump(include={"email", "phone", "role", "status"})
    secret = request.app.state.settings.cursor_secret
    keyset = Keyset(secret, wanted.sort, users.c.created_at, users.c.id, filters)
    return (await keyset.read(conn, queries.listed(**filters), wanted)).of(User)


@router.get("/{user_id}", summary="An account", responses=problems(NotFound))
async def get_user(user_id: UUID, caller: Shopper, request: Request, conn: Conn) -> User | Contact:
    """The own one and for operators any; other processes of the platform get the contact part (E-USR-14)."""
    whole = await _sees(caller, request, user_id, "operator")
    if not (whole or await holds(request, caller, "service")):
        raise NotFound
    row = found(await queries.account(conn, user_id))
    return User.model_validate(row) if whole else Contact.model_validate(row)


@router.patch(
    "/{user_id}",
    summary="Change an account",
    responses=problems(
        Forbidden, NotFound, EmailTaken, UsernameTaken, RoleConflict, InvalidCredentials, AccountDisabled
    ),
)
async def update_user(user_id: UUID, body: AccountChange, caller: Shopper, request: Request, work: Work) -> User:
    """The own one, or any for an admin; the status is for admins alone, and disabling ends every session (E-USR-15).

    The shop of an owner who is disabled is suspended until an operator puts it back.
    """
    if not await _sees(caller, request, user_id, "admin"):
        raise NotFound
    if body.status and not await holds(request, caller, "admin"):
        raise Forbidden("Only an admin changes the status of an account.")
    if caller.user_id == user_id:
        await require_owner(work, user_id, body)
    conn = await work.connection()
    user = found(await queries.account(conn, user_id, lock=True))
    dead = await service.administer(conn, user, body.changes)
    if dead:
        forget(request, work, dead, user_id)
    return User.model_validate(found(await queries.account(conn, user_id)))


@router.put("/{user_id}/roles", summary="Give and take roles", responses=problems(Forbidden, NotFound, RoleConflict))
async def set_user_roles(user_id: UUID, body: RoleChange, admin: Admin, request: Request, work: Work) -> User:
    """For admins: a role gained counts at once, one taken away ends every session (E-USR-16).

    The shop of an owner who loses `seller` is suspended: operators answer for its orders, and put it back.
    """
    conn = await work.connection()
    user = found(await queries.account(conn, user_id, lock=True))
    dead = await service.set_roles(conn, user, body.roles)
    if dead:
        forget(request, work, dead, user_id)
    return User.model_validate(found(await queries.account(conn, user_id)))


@router.delete(
    "/{user_id}/sessions", status_code=204, summary="Sign an account out", responses=problems(Forbidden, NotFound)
)
async def end_sessions(user_id: UUID, admin: Admin, request: Request, work: Work) -> None:
    """For admins: every session of the account ends at once; it may sign in again."""
    conn = await work.connection()
    found(await queries.account(conn, user_id, lock=True))
    forget(request, work, await service.close(conn, user_id, every=True), user_id)


@router.delete(
    "/{user_id}/second-factor",
    status_code=204,
    summary="Take a lost second factor away",
    responses=problems(Forbidden, NotFound),
)
async def remove_user_second_factor(user_id: UUID, admin: Admin, request: Request, work: Work) -> None:
    """For admins, once they know who asks: the password alone signs in again; every session ends, the owner is told."""
    if user_id == admin.user_id:
        raise Forbidden("The own one is turned off with a code, at DELETE /v1/users/me/second-factor.")
    conn = await work.connection()
    user = found(await queries.account(conn, user_id, lock=True))
    if not user.second_factor:
        raise NotFound
    await service.remove_second_factor(conn, user_id)
    forget(request, work, await service.close(conn, user_id, every=True), user_id)


async def _sees(caller: Identity, request: Request, user_id: UUID, role: str) -> bool:
    return caller.user_id == user_id or await holds(request, caller, role)
