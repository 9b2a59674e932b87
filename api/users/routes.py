"""Accounts, sign-in and addresses over HTTP (E-USR-1 to 4, 8 to 13)."""

from typing import Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Request
from sqlalchemy import Row

from api import ids, rates
from api.auth import TOKEN_LIFE, Bearer, Conn, Shopper
from api.cache import Cache
from api.edge import Route
from api.errors import (
    AccountDisabled,
    EmailTaken,
    InvalidCredentials,
    NotFound,
    TokenRevoked,
    TooManyAddresses,
    UsernameTaken,
)
from api.problems import problems
from api.revocation import Revocations
from api.unit import Work
from api.users import passwords, queries, service
from api.users.schemas import (
    Address,
    AddressChange,
    Addresses,
    Login,
    Logout,
    NewAddress,
    Refresh,
    Register,
    Session,
    User,
    UserChange,
)
from api.users.service.sessions import ReusedToken, refuse_locked

SESSION_S, REFRESH_S = 7 * 86_400, 30 * 86_400

router = APIRouter(prefix="/v1", tags=["accounts"], route_class=Route)
_registering = Depends(rates.per_address("register", rates.REGISTER))
_signing_in = Depends(rates.per_address("login", rates.LOGIN))


def _session(request: Request, work: Work, tokens: service.Tokens, user: Row[Any]) -> Session:
    work.after_commit(lambda: _remember(request.app.state.cache, tokens))
    return Session(
        access_token=tokens.access,
        expires_in=int(TOKEN_LIFE.total_seconds()),
        refresh_token=tokens.refresh,
        user=User.model_validate(user),
    )


async def _remember(cache: Cache, tokens: service.Tokens) -> None:
    identity = tokens.identity
    session = orjson.dumps({"jti": identity.jti, "expires_at": identity.expires_at, "roles": sorted(identity.roles)})
    await cache.put({f"session:{identity.user_id}": session}, SESSION_S)
    await cache.put({f"refresh:{identity.jti}": orjson.dumps({"user_id": identity.user_id})}, REFRESH_S)


def _forget(request: Request, work: Work, dead: list[UUID], user_id: UUID) -> None:
    revocations: Revocations = request.app.state.revocations
    work.after_commit(lambda: revocations.publish(dead))
    work.after_commit(lambda: request.app.state.cache.drop(f"session:{user_id}", *(f"refresh:{j}" for j in dead)))


@router.post(
    "/auth/register",
    status_code=201,
    summary="Open an account",
    dependencies=[_registering],
    responses=problems(EmailTaken, UsernameTaken),
)
@router.post("/auth/signup", status_code=201, deprecated=True, dependencies=[_registering])
async def register(body: Register, request: Request, work: Work) -> Session:
    """Gives the account and its first session (E-USR-1)."""
    password_hash = await passwords.hashed(body.password)
    conn = await work.connection()
    person = body.model_dump(exclude={"password"})
    user_id = await service.register(conn, password_hash=password_hash, **person)
    user = _found(await queries.account(conn, user_id))
    tokens = await service.begin(conn, user, request.app.state.settings.signing_key)
    return _session(request, work, tokens, user)


@router.post(
    "/auth/login",
    summary="Sign in",
    dependencies=[_signing_in],
    responses=problems(InvalidCredentials, AccountDisabled),
)
async def login(body: Login, request: Request, work: Work) -> Session:
    """An unknown name and a wrong password are answered alike and as slowly (E-USR-2)."""
    async with work.pool.connect() as reading:
        user = await queries.by_name(reading, body.name)
    right = await passwords.matches(user.password_hash if user else passwords.NOBODY, body.password)
    conn = await work.connection()
    if user is None:
        raise InvalidCredentials
    refuse_locked(user, ids.now())
    if not right:
        await service.fail(conn, user.id)
        raise InvalidCredentials().keep()
    tokens = await service.begin(conn, user, request.app.state.settings.signing_key)
    return _session(request, work, tokens, _found(await queries.account(conn, user.id)))


@router.post("/auth/refresh", summary="Take new tokens", responses=problems(TokenRevoked, AccountDisabled))
async def refresh(body: Refresh, request: Request, work: Work, conn: Conn) -> Session:
    """A refresh token works once; a second use ends the session everywhere (E-USR-4)."""
    try:
        tokens, user = await service.renew(conn, body.refresh_token, request.app.state.settings.signing_key)
    except ReusedToken as reused:
        _forget(request, work, reused.dead, reused.user_id)
        raise
    return _session(request, work, tokens, user)


@router.post("/auth/logout", status_code=204, summary="Sign out")
async def logout(identity: Bearer, request: Request, work: Work, conn: Conn, body: Logout | None = None) -> None:
    """The access token and its session end; repeating it is fine (E-USR-3)."""
    asked = body or Logout()
    dead = await service.close(
        conn, identity.user_id, jti=identity.jti, refresh_token=asked.refresh_token, every=asked.all_sessions
    )
    _forget(request, work, dead, identity.user_id)


@router.get("/users/me", summary="The own account")
async def me(identity: Shopper, conn: Conn) -> User:
    """E-USR-8."""
    return User.model_validate(_found(await queries.account(conn, identity.user_id)))


@router.patch("/users/me", summary="Change the own account", responses=problems(EmailTaken, UsernameTaken))
async def change_me(body: UserChange, identity: Shopper, conn: Conn) -> User:
    """Absent fields stay; a new e-mail or phone is unverified again (E-USR-9)."""
    user = _found(await queries.account(conn, identity.user_id))
    await service.change(conn, user, body.model_dump(exclude_unset=True))
    return User.model_validate(_found(await queries.account(conn, identity.user_id)))


@router.get("/users/me/addresses", summary="The address book")
async def address_book(identity: Shopper, conn: Conn) -> Addresses:
    """The default first (E-USR-10)."""
    rows = await queries.address_book(conn, identity.user_id)
    return Addresses(items=[Address.model_validate(row) for row in rows])


@router.post("/users/me/addresses", status_code=201, summary="Add an address", responses=problems(TooManyAddresses))
async def add_address(body: NewAddress, identity: Shopper, conn: Conn) -> Address:
    """The first one becomes the default (E-USR-11)."""
    return Address.model_validate(await service.add_address(conn, identity.user_id, body.model_dump()))


@router.patch("/users/me/addresses/{address_id}", summary="Change an address", responses=problems(NotFound))
async def change_address(address_id: UUID, body: AddressChange, identity: Shopper, conn: Conn) -> Address:
    """Making it the default takes that from the other (E-USR-12)."""
    changes = body.model_dump(exclude_unset=True)
    return Address.model_validate(await service.change_address(conn, identity.user_id, address_id, changes))


@router.delete(
    "/users/me/addresses/{address_id}", status_code=204, summary="Delete an address", responses=problems(NotFound)
)
async def remove_address(address_id: UUID, identity: Shopper, conn: Conn) -> None:
    """Orders keep their own copy (E-USR-13)."""
    await service.remove_address(conn, identity.user_id, address_id)


def _found(user: Row[Any] | None) -> Row[Any]:
    if user is None:
        raise NotFound
    return user
