"""One-time codes and new passwords over HTTP (E-USR-5 to 7)."""

from typing import Any

import structlog
from fastapi import APIRouter, BackgroundTasks, Request
from sqlalchemy import Row

from api import ids, rates
from api.auth import Caller, Identity
from api.channels import Channel, Message, NotSent, Sender
from api.edge import Route
from api.errors import (
    AccountDisabled,
    InvalidCredentials,
    OtpAttemptsExhausted,
    OtpInvalid,
    RateLimited,
    Unauthenticated,
    Unavailable,
    ValidationFailed,
)
from api.problems import problems
from api.unit import Work
from api.users import passwords, queries, service
from api.users.codes import Codes, Kind, Purpose
from api.users.routes.endings import forget, present, require_right
from api.users.schemas import CodeGiven, CodeSent, CodeWanted, NewPassword, Verified
from api.users.wording import worded

router = APIRouter(prefix="/auth", route_class=Route)
log = structlog.get_logger()

RESET: Kind = "password_reset"


def _codes(request: Request) -> Codes:
    return Codes(request.app.state.cache, request.app.state.settings.cursor_secret)


async def _account(work: Work, caller: Identity | None, email: str | None) -> Row[Any] | None:
    """Whose code it is, read apart from the request's transaction: what follows takes its time."""
    async with work.pool.connect() as reading:
        if email:
            return await queries.by_name(reading, email)
        if caller is None:
            raise Unauthenticated
        return present(await queries.account(reading, caller.user_id))


def _purpose(codes: Codes, user: Row[Any] | None, kind: Kind, email: str | None) -> Purpose:
    if user is None:
        return Purpose(codes.stranger(email or ""), kind, email or "")
    return Purpose(user.id, kind, user.phone if kind == "phone" else user.email)


@router.post("/otp/send", status_code=202, summary="Send a one-time code", responses=problems(RateLimited, Unavailable))
async def send_code(
    body: CodeWanted, caller: Caller, request: Request, work: Work, afterwards: BackgroundTasks
) -> CodeSent:
    """By e-mail or SMS to the account's own address; an unknown e-mail is answered alike (E-USR-5)."""
    codes, user = _codes(request), await _account(work, caller, body.email)
    purpose = _purpose(codes, user, body.type, body.email)
    limiter: rates.Limiter = request.app.state.limiter
    await limiter.check("otp", rates.CODES, f"{purpose.user_id}:{purpose.kind}")
    code = await codes.issue(purpose)
    if user is not None and user.status != "disabled":
        afterwards.add_task(_deliver, request.app.state.sender, purpose, worded(body.type, code, user.locale))
    return CodeSent()


async def _deliver(sender: Sender, purpose: Purpose, words: tuple[str, str]) -> None:
    """After the answer, so that its time does not tell whether there is an account."""
    channel: Channel = "sms" if purpose.kind == "phone" else "email"
    try:
        await sender.send(Message(ids.new(), channel, purpose.address, *words))
    except NotSent as error:
        log.warning("a one-time code was not sent", channel=channel, reason=error.code)


@router.post(
    "/otp/verify",
    summary="Check a one-time code",
    responses=problems(OtpInvalid, OtpAttemptsExhausted, Unavailable),
)
async def verify_code(body: CodeGiven, caller: Caller, request: Request, work: Work) -> Verified:
    """A right code for e-mail or phone verifies it and is used up; one for a new password stays good (E-USR-6)."""
    codes, user = _codes(request), await _account(work, caller, body.email)
    if body.type == "password_reset":
        await codes.check(_purpose(codes, user, RESET, body.email), body.code, use=False)
        return Verified()
    if caller is None:
        raise Unauthenticated
    conn = await work.connection()
    held = present(await queries.account(conn, caller.user_id, lock=True))
    await codes.check(_purpose(codes, held, body.type, None), body.code, use=True)
    await service.note_verified(conn, held, body.type)
    return Verified()


@router.post(
    "/password/reset",
    status_code=204,
    summary="Set a new password",
    responses=problems(OtpInvalid, InvalidCredentials, AccountDisabled, OtpAttemptsExhausted, Unavailable),
)
async def reset_password(body: NewPassword, caller: Caller, request: Request, work: Work) -> None:
    """By a code of type password_reset, or signed in by the present one; every session ends (E-USR-7)."""
    user, codes = await _account(work, caller, body.email), _codes(request)
    if body.code:
        await codes.check(_purpose(codes, user, RESET, body.email), body.code, use=False)
    if user is None:
        raise OtpInvalid(attempts_left=0)
    if body.current_password:
        await require_right(work, user, body.current_password)
    fresh = await _fresh(user, body.new_password)
    conn = await work.connection()
    held = present(await queries.account(conn, user.id, lock=True))
    if (held.password_hash, held.email) != (user.password_hash, user.email):
        raise InvalidCredentials
    if body.code:
        await codes.check(_purpose(codes, user, RESET, body.email), body.code, use=True)
    forget(request, work, await service.set_password(conn, user.id, fresh), user.id)


async def _fresh(user: Row[Any], password: str) -> str:
    if await passwords.matches(user.password_hash, password):
        same = {"field": "body.new_password", "message": "is the present password", "code": "unchanged"}
        raise ValidationFailed(errors=[same])
    about = (user.email, user.username or "", user.first_name, user.last_name)
    await passwords.require_strong(password, "body.new_password", *about)
    return await passwords.hashed(password)
