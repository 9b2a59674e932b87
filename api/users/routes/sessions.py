"""Registration and sign-in over HTTP (E-USR-1 to 4)."""

from typing import Any

import orjson
from fastapi import APIRouter, Depends, Request
from sqlalchemy import Row

from api import ids, rates
from api.auth import Bearer, Conn, demands
from api.cache import Cache
from api.edge import Route
from api.errors import (
    AccountDisabled,
    EmailTaken,
    InvalidCredentials,
    SecondFactorInvalid,
    SecondFactorNeeded,
    TokenRevoked,
    UsernameTaken,
)
from api.problems import problems
from api.tokens import TOKEN_LIFE
from api.unit import Work
from api.users import challenges, passwords, queries, service
from api.users.routes.endings import app_of, forget
from api.users.schemas import Challenged, Login, Logout, Refresh, Register, Session, User
from api.users.service.sessions import ReusedToken, refuse_locked

SESSION_S, REFRESH_S = 7 * 86_400, 30 * 86_400

router = APIRouter(route_class=Route)
_registering = Depends(rates.per_address("register", rates.REGISTER))
_signing_in = Depends(rates.per_address("login", rates.LOGIN))
_proving = Depends(rates.per_address("second_factor", rates.LOGIN))


def _issuer(request: Request) -> service.Issuer:
    return service.Issuer(request.app.state.settings.signing_key, demands(request))


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


@router.post(
    "/auth/register",
    status_code=201,
    summary="Open an account",
    dependencies=[_registering],
    responses=problems(EmailTaken, UsernameTaken),
)
@router.post(
    "/auth/signup",
    status_code=201,
    deprecated=True,
    dependencies=[_registering],
    responses=problems(EmailTaken, UsernameTaken),
)
async def register(body: Register, request: Request, work: Work) -> Session:
    """Gives the account and its first session (E-USR-1). Refused: a password that is easy to guess."""
    about = (body.email, body.username or "", body.first_name, body.last_name)
    await passwords.require_strong(body.password, "body.password", *about)
    password_hash = await passwords.hashed(body.password)
    conn = await work.connection()
    person = body.model_dump(exclude={"password"})
    user_id = await service.register(conn, password_hash=password_hash, **person)
    tokens, user = await service.begin(conn, user_id, password_hash, _issuer(request))
    return _session(request, work, tokens, user)


@router.post(
    "/auth/login",
    summary="Sign in",
    dependencies=[_signing_in],
    responses=problems(InvalidCredentials, SecondFactorNeeded, AccountDisabled),
)
async def login(body: Login, request: Request, work: Work) -> Session:
    """An unknown name and a wrong password are answered alike and as slowly (E-USR-2).

    An account with a second factor is answered 401 `second-factor-needed` with a challenge.
    """
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
    tokens, user = await service.begin(conn, user.id, user.password_hash, _issuer(request))
    return _session(request, work, tokens, user)


@router.post(
    "/auth/second-factor",
    summary="Sign in with the second factor",
    dependencies=[_proving],
    responses=problems(TokenRevoked, SecondFactorInvalid, AccountDisabled),
)
async def prove_second_factor(body: Challenged, request: Request, work: Work, conn: Conn) -> Session:
    """The challenge of `POST /v1/auth/login` and a code, or a recovery code; wrong ones count as failed sign-ins."""
    challenge = challenges.read(request.app.state.settings.signing_key, body.challenge)
    given = service.Given(body.code, body.recovery_code)
    tokens, user = await service.complete(conn, challenge, given, app_of(request), _issuer(request))
    return _session(request, work, tokens, user)


@router.post("/auth/refresh", summary="Take new tokens", responses=problems(TokenRevoked, AccountDisabled))
async def refresh_tokens(body: Refresh, request: Request, work: Work, conn: Conn) -> Session:
    """A refresh token works once; a second use ends the session everywhere (E-USR-4)."""
    try:
        tokens, user = await service.renew(conn, body.refresh_token, _issuer(request))
    except ReusedToken as reused:
        forget(request, work, reused.dead, reused.user_id)
        raise
    return _session(request, work, tokens, user)


@router.post("/auth/logout", status_code=204, summary="Sign out")
async def logout(caller: Bearer, request: Request, work: Work, conn: Conn, body: Logout | None = None) -> None:
    """The access token and its session end; repeating it is fine (E-USR-3)."""
    asked = body or Logout()
    dead = await service.close(
        conn, caller.user_id, jti=caller.jti, refresh_token=asked.refresh_token, every=asked.all_sessions
    )
    forget(request, work, dead, caller.user_id)
