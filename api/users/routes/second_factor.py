"""The own second factor over HTTP: turn it on, see it, take new recovery codes, turn it off."""

from fastapi import APIRouter, Request

from api.auth import Conn, Shopper, demands
from api.edge import Route
from api.errors import (
    AccountDisabled,
    InvalidCredentials,
    SecondFactorInvalid,
    SecondFactorRequired,
    SecondFactorState,
)
from api.problems import problems
from api.tokens import OPERATORS
from api.unit import Work
from api.users import authenticator, queries, service
from api.users.routes.endings import app_of, forget, held_by, present, proven_by
from api.users.schemas import (
    NewRecoveryCodes,
    SecondFactor,
    SecondFactorBegun,
    SecondFactorConfirmed,
    SecondFactorProof,
    SecondFactorWanted,
)

router = APIRouter(prefix="/users/me/second-factor", route_class=Route)


@router.get("", summary="The own second factor")
async def get_second_factor(caller: Shopper, conn: Conn) -> SecondFactor:
    """Whether it is on, since when, and how many recovery codes are left."""
    kept = await queries.second_factor(conn, caller.user_id)
    if kept is None or kept.confirmed_at is None:
        return SecondFactor(enabled=False, since=None, recovery_codes_left=0)
    return SecondFactor(enabled=True, since=kept.confirmed_at, recovery_codes_left=kept.recovery_codes_left)


@router.post(
    "",
    status_code=201,
    summary="Begin a second factor",
    responses=problems(SecondFactorState, InvalidCredentials, AccountDisabled),
)
async def begin_second_factor(
    body: SecondFactorWanted, caller: Shopper, request: Request, work: Work
) -> SecondFactorBegun:
    """With the present password. Signing in stays as it is until a code is confirmed; to begin again draws anew."""
    user = await held_by(work, caller, body.password)
    secret = await service.begin_second_factor(await work.connection(), user, app_of(request))
    return SecondFactorBegun(secret=secret, otpauth_uri=authenticator.uri(secret, user.email))


@router.post(
    "/confirm",
    summary="Turn the second factor on",
    responses=problems(SecondFactorState, SecondFactorInvalid, AccountDisabled),
)
async def confirm_second_factor(
    body: SecondFactorConfirmed, caller: Shopper, request: Request, work: Work
) -> NewRecoveryCodes:
    """By a code of the app; every other session ends. The recovery codes are shown this once."""
    conn = await work.connection()
    user = present(await queries.account(conn, caller.user_id, lock=True))
    service.refuse(user)
    codes = await service.confirm_second_factor(conn, user.id, body.code, app_of(request))
    forget(request, work, await service.close(conn, user.id, every=True, spared=caller.jti), user.id)
    return NewRecoveryCodes(recovery_codes=codes)


@router.post(
    "/recovery-codes",
    summary="Take new recovery codes",
    responses=problems(SecondFactorState, SecondFactorInvalid, InvalidCredentials, AccountDisabled),
)
async def renew_recovery_codes(
    body: SecondFactorProof, caller: Shopper, request: Request, work: Work
) -> NewRecoveryCodes:
    """With password and code; those before count no more."""
    user = await proven_by(request, work, caller, body)
    codes = await service.renew_recovery_codes(await work.connection(), user.id)
    return NewRecoveryCodes(recovery_codes=codes)


@router.delete(
    "",
    status_code=204,
    summary="Turn the second factor off",
    responses=problems(
        SecondFactorState, SecondFactorInvalid, SecondFactorRequired, InvalidCredentials, AccountDisabled
    ),
)
async def delete_second_factor(body: SecondFactorProof, caller: Shopper, request: Request, work: Work) -> None:
    """With password and code; every other session ends. Not for operators where theirs is demanded."""
    user = await proven_by(request, work, caller, body)
    if demands(request) and OPERATORS.intersection(user.roles):
        raise SecondFactorRequired("Operators and admins need a second factor here; it cannot be turned off.")
    conn = await work.connection()
    await service.remove_second_factor(conn, user.id)
    forget(request, work, await service.close(conn, user.id, every=True, spared=caller.jti), user.id)
