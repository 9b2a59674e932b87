"""Reads who calls: the security schemes of an access token and of an API key."""

from datetime import UTC, datetime

from fastapi import Request
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from fastapi.security.base import SecurityBase

from api import keyring
from api.errors import Forbidden, TokenRevoked, Unauthenticated
from api.revocation import Revocations
from api.tokens import Identity, Verifier

_bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", description="access token of POST /v1/auth/login")


class _Scheme(SecurityBase):
    """A dependency that reads the token itself: another one below each that asks took more CPU than the token."""

    model, scheme_name = _bearer.model, _bearer.scheme_name


class _Caller(_Scheme):
    async def __call__(self, request: Request) -> Identity | None:
        """The caller of a route that is open to anybody; TokenRevoked or Unauthenticated for a bad token."""
        return await _called(request)


class _Shopper(_Scheme):
    async def __call__(self, request: Request) -> Identity:
        """A signed-in caller."""
        if (identity := await _called(request)) is None:
            raise Unauthenticated
        return identity


class _Bearer(_Scheme):
    async def __call__(self, request: Request) -> Identity:
        """Whoever the access token was issued to, also when it is revoked: to sign out twice is no error."""
        if (credentials := await _bearer(request)) is None:
            raise Unauthenticated
        return _read(request, credentials)


caller, shopper, bearer = _Caller(), _Shopper(), _Bearer()


def _read(request: Request, credentials: HTTPAuthorizationCredentials) -> Identity:
    verifier: Verifier = request.app.state.verifier
    return verifier.read(credentials.credentials)


async def _called(request: Request) -> Identity | None:
    """Who calls, found out once a request."""
    if not hasattr(request.state, "caller"):
        request.state.caller = await _found(request, await _bearer(request))
    known: Identity | None = request.state.caller
    return known


async def _found(request: Request, credentials: HTTPAuthorizationCredentials | None) -> Identity | None:
    if credentials is None:
        if "authorization" in request.headers:
            raise Unauthenticated
        return None
    if credentials.credentials.startswith(keyring.PREFIX):
        seller = request.state.identity = await _keyed(request, credentials.credentials)
        return seller
    identity = request.state.identity = _read(request, credentials)
    revocations: Revocations = request.app.state.revocations
    if await revocations.revoked(identity.jti):
        raise TokenRevoked
    return identity


async def _keyed(request: Request, key: str) -> Identity:
    """The seller of an API key, no more than that whatever roles the account has; Forbidden beyond the key's scopes."""
    known = await keyring.read(request.app.state.pool, key)
    if known is None:
        raise Unauthenticated("The API key is unknown, revoked or has expired.")
    route = request.scope["route"]
    needed = keyring.scope(next(iter(route.tags), ""), request.method)
    if needed not in keyring.SCOPES or _is_personal(route):
        raise Forbidden("No API key may call this; sign in for an access token.")
    if needed not in known.scopes:
        raise Forbidden(f"The API key lacks the scope {needed}.")
    return Identity(
        user_id=known.user_id,
        roles=frozenset({"seller"}),
        seller_id=known.seller_id,
        jti=known.id,
        expires_at=datetime.max.replace(tzinfo=UTC),
        scopes=known.scopes,
    )


def _is_personal(route: APIRoute) -> bool:
    """Whether an operation is the account's own, as a shopper's: keys buy, pay and review nothing."""
    return any(each.call is shopper for each in route.dependant.dependencies)
