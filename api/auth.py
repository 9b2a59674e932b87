"""Who may call: the dependencies that name a route's callers, and what roles they have to have."""

from collections.abc import Callable, Collection, Coroutine
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from api.callers import bearer, caller, shopper
from api.db import statement
from api.errors import Forbidden, SecondFactorRequired
from api.problems import Problem
from api.tokens import OPERATORS, Identity, SellerIdentity, counting
from api.unit import Conn, unit

_ROLES = text(
    "SELECT u.roles, s.id AS seller_id, EXISTS (SELECT FROM second_factors f WHERE f.user_id = u.id "
    "AND f.confirmed_at IS NOT NULL) AS second_factor FROM users u "
    "LEFT JOIN sellers s ON s.user_id = u.id AND 'seller' = ANY(u.roles) WHERE u.id = :id"
)

Caller = Annotated[Identity | None, Depends(caller)]
"""Anybody; None is the anonymous caller."""

Bearer = Annotated[Identity, Depends(bearer)]
"""Whoever the access token was issued to, also when it is revoked."""

Shopper = Annotated[Identity, Depends(shopper)]
"""Any signed-in account."""


async def _as_of_now(identity: Identity, request: Request) -> Identity:
    if identity.scopes is not None:
        return identity
    work = unit(request)
    if work.begun:
        found = await as_of_now(request, await work.connection(), identity)
    else:  # a connection that stays would be in the way of routes that take another one
        async with statement(work.pool) as connection:
            found = await as_of_now(request, connection, identity)
    request.state.identity = found
    return found


def demands(request: Request) -> bool:
    """Whether operators and admins need a second factor to act as such."""
    return bool(request.app.state.settings.second_factor == "operators")


async def as_of_now(request: Request, connection: AsyncConnection, identity: Identity) -> Identity:
    """A person with the roles that the account has at this moment; an API key stays what it was given."""
    if identity.scopes is not None:
        return identity
    row = (await connection.execute(_ROLES, {"id": identity.user_id})).one_or_none()
    if row is None:
        return identity
    roles = counting(row.roles, second_factor=row.second_factor, demanded=demands(request))
    return replace(identity, roles=roles, seller_id=row.seller_id, withheld=frozenset(row.roles) - roles)


async def operates(request: Request, identity: Identity | None) -> bool:
    """Whether a caller of an open route is an operator; a role gained just now counts."""
    return identity is not None and (identity.operator or (await _as_of_now(identity, request)).operator)


async def owns(request: Request, identity: Identity | None, seller_id: UUID) -> bool:
    """Whether a caller of an open route may see a seller's own things; a role gained just now counts."""
    if identity is None or identity.owns(seller_id):
        return identity is not None
    return (await _as_of_now(identity, request)).owns(seller_id)


async def known(identity: Caller, request: Request) -> Identity | None:
    """Anybody, with the roles of this moment; those of an operator's token hold, for losing one ends the token."""
    return identity if identity is None or identity.operator else await _as_of_now(identity, request)


Known = Annotated[Identity | None, Depends(known)]
"""Anybody, where the answer follows from the caller's roles: one gained since the token was issued counts."""


async def current(identity: Shopper, request: Request) -> Identity:
    """A signed-in caller with the roles of this moment."""
    return identity if identity.operator else await _as_of_now(identity, request)


Current = Annotated[Identity, Depends(current)]
"""Any signed-in account, where the answer follows from its roles (R-USR-12)."""


async def member(identity: Current) -> Identity:
    """A seller or an operator; a role gained since the token was issued counts (R-USR-12)."""
    if not identity.operator and identity.seller_id is None:
        raise _refusal(identity, OPERATORS)
    return identity


Member = Annotated[Identity, Depends(member)]
"""A seller (ask `identity.owns(seller_id)`) or an operator."""


async def seller(identity: Shopper, request: Request) -> SellerIdentity:
    """A caller with a seller account; one opened since the token was issued counts."""
    if identity.seller_id is None:
        identity = await _as_of_now(identity, request)
    if identity.seller_id is None:
        raise Forbidden
    return SellerIdentity(
        identity.user_id, identity.roles, identity.seller_id, identity.jti, identity.expires_at, identity.scopes
    )


SellerCaller = Annotated[SellerIdentity, Depends(seller)]
"""A caller with a seller account, whatever its status: the service checks that it is active where that matters."""


def _wanted(roles: Collection[str]) -> frozenset[str]:
    return frozenset(roles) | (OPERATORS if "operator" in roles else frozenset())


async def holds(request: Request, identity: Identity, *roles: str) -> bool:
    """Whether the caller has one of these roles, one gained just now included; admin counts as operator."""
    wanted = _wanted(roles)
    return bool(identity.roles & wanted or (await _as_of_now(identity, request)).roles & wanted)


def role(*roles: str) -> Callable[..., Coroutine[Any, Any, Identity]]:
    """A dependency for callers with one of these roles; admin counts as operator."""
    wanted = _wanted(roles)

    async def check(identity: Shopper, request: Request) -> Identity:
        if not identity.roles & wanted:
            identity = await _as_of_now(identity, request)
        if not identity.roles & wanted:
            raise _refusal(identity, wanted)
        return identity

    return check


def _refusal(identity: Identity, wanted: Collection[str]) -> Problem:
    """Why the caller may not: the role lacks, or what makes it count."""
    return SecondFactorRequired() if identity.withheld.intersection(wanted) else Forbidden()


Operator = Annotated[Identity, Depends(role("operator"))]
"""operator or admin."""

Admin = Annotated[Identity, Depends(role("admin"))]
"""admin."""

ServiceOrOperator = Annotated[Identity, Depends(role("service", "operator"))]
"""Another process of the platform, or an operator."""

__all__ = [
    "Admin",
    "Bearer",
    "Caller",
    "Conn",
    "Current",
    "Identity",
    "Known",
    "Member",
    "Operator",
    "SellerCaller",
    "ServiceOrOperator",
    "Shopper",
    "holds",
]
