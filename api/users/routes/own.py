"""The own account and its address book over HTTP (E-USR-8 to 13)."""

from uuid import UUID

from fastapi import APIRouter

from api.auth import Conn, Shopper
from api.edge import Route
from api.errors import EmailTaken, NotFound, TooManyAddresses, UsernameTaken
from api.problems import problems
from api.users import queries, service
from api.users.routes.endings import found
from api.users.schemas import Address, AddressChange, Addresses, NewAddress, User, UserChange

router = APIRouter(prefix="/users/me", route_class=Route)


@router.get("", summary="The own account")
async def me(identity: Shopper, conn: Conn) -> User:
    """E-USR-8."""
    return User.model_validate(found(await queries.account(conn, identity.user_id)))


@router.patch("", summary="Change the own account", responses=problems(EmailTaken, UsernameTaken))
async def change_me(body: UserChange, identity: Shopper, conn: Conn) -> User:
    """Absent fields stay; a new e-mail or phone is unverified again (E-USR-9)."""
    user = found(await queries.account(conn, identity.user_id))
    await service.change(conn, user, body.model_dump(exclude_unset=True))
    return User.model_validate(found(await queries.account(conn, identity.user_id)))


@router.get("/addresses", summary="The address book")
async def address_book(identity: Shopper, conn: Conn) -> Addresses:
    """The default first (E-USR-10)."""
    rows = await queries.address_book(conn, identity.user_id)
    return Addresses(items=[Address.model_validate(row) for row in rows])


@router.post("/addresses", status_code=201, summary="Add an address", responses=problems(TooManyAddresses))
async def add_address(body: NewAddress, identity: Shopper, conn: Conn) -> Address:
    """The first one becomes the default (E-USR-11)."""
    return Address.model_validate(await service.add_address(conn, identity.user_id, body.model_dump()))


@router.patch("/addresses/{address_id}", summary="Change an address", responses=problems(NotFound))
async def change_address(address_id: UUID, body: AddressChange, identity: Shopper, conn: Conn) -> Address:
    """Making it the default takes that from the other (E-USR-12)."""
    changes = body.model_dump(exclude_unset=True)
    return Address.model_validate(await service.change_address(conn, identity.user_id, address_id, changes))


@router.delete("/addresses/{address_id}", status_code=204, summary="Delete an address", responses=problems(NotFound))
async def remove_address(address_id: UUID, identity: Shopper, conn: Conn) -> None:
    """Orders keep their own copy (E-USR-13)."""
    await service.remove_address(conn, identity.user_id, address_id)
