"""The own account and its address book over HTTP (E-USR-8 to 13, 18)."""

from contextlib import suppress
from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.auth import Conn, Shopper
from api.edge import Route
from api.errors import (
    AccountDisabled,
    EmailTaken,
    InvalidCredentials,
    NotFound,
    OpenObligations,
    RoleConflict,
    TooManyAddresses,
    UsernameTaken,
)
from api.problems import problems
from api.unit import TryAgain, Work
from api.users import queries, service
from api.users.routes.endings import forget, held_by, present, require_owner
from api.users.schemas import Address, AddressChange, Addresses, Erase, NewAddress, User, UserChange

router = APIRouter(prefix="/users/me", route_class=Route)


@router.get("", summary="The own account")
async def get_me(caller: Shopper, conn: Conn) -> User:
    """E-USR-8."""
    return User.model_validate(present(await queries.account(conn, caller.user_id)))


@router.patch(
    "",
    summary="Change the own account",
    responses=problems(EmailTaken, UsernameTaken, InvalidCredentials, AccountDisabled),
)
async def update_me(body: UserChange, caller: Shopper, work: Work) -> User:
    """Absent fields stay; a new e-mail or phone needs the present password and is unverified again (E-USR-9)."""
    await require_owner(work, caller.user_id, body)
    conn = await work.connection()
    user = present(await queries.account(conn, caller.user_id))
    await service.change(conn, user, body.changes)
    return User.model_validate(present(await queries.account(conn, caller.user_id)))


@router.delete(
    "",
    status_code=202,
    summary="Erase the own account",
    responses=problems(OpenObligations, RoleConflict, InvalidCredentials, AccountDisabled),
)
async def delete_me(body: Erase, caller: Shopper, request: Request, work: Work) -> Response:
    """For good: orders keep the bare id, everything personal goes, other domains follow at once (E-USR-18)."""
    user = await held_by(work, caller, body.password)
    forget(request, work, await service.erase(await work.connection(), user), user.id)
    copies = (f"cart:{user.id}", f"otp:{user.id}:email", f"otp:{user.id}:phone", f"otp:{user.id}:password_reset")
    work.after_commit(lambda: request.app.state.cache.drop(*copies))
    return Response(status_code=202)


@router.get("/addresses", summary="The address book")
async def list_addresses(caller: Shopper, conn: Conn) -> Addresses:
    """The default first (E-USR-10)."""
    rows = await queries.address_book(conn, caller.user_id)
    return Addresses(items=[Address.model_validate(row) for row in rows])


@router.post("/addresses", status_code=201, summary="Add an address", responses=problems(TooManyAddresses))
async def create_address(body: NewAddress, caller: Shopper, work: Work) -> Address:
    """The first one becomes the default (E-USR-11)."""
    fields = body.model_dump()
    if not caller.operator:  # what operators do is noted in the same transaction
        with suppress(TryAgain):
            return Address.model_validate(await service.add_address(await work.reading(), caller.user_id, fields))
        await work.rollback()
    conn = await work.connection()
    await queries.hold_book(conn, caller.user_id)
    return Address.model_validate(await service.add_address(conn, caller.user_id, fields))


@router.patch("/addresses/{address_id}", summary="Change an address", responses=problems(NotFound))
async def update_address(address_id: UUID, body: AddressChange, caller: Shopper, conn: Conn) -> Address:
    """Making it the default takes that from the other (E-USR-12)."""
    changes = body.model_dump(exclude_unset=True)
    return Address.model_validate(await service.change_address(conn, caller.user_id, address_id, changes))


@router.delete("/addresses/{address_id}", status_code=204, summary="Delete an address", responses=problems(NotFound))
async def delete_address(address_id: UUID, caller: Shopper, conn: Conn) -> None:
    """Orders keep their own copy (E-USR-13)."""
    await service.remove_address(conn, caller.user_id, address_id)
