"""What routes of accounts share: an account that is there, its password, and the end of its sessions in Redis."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fastapi import Request
from sqlalchemy import Row

from api import ids
from api.auth import Identity
from api.errors import InvalidCredentials, NotFound, TokenRevoked, ValidationFailed
from api.revocation import Revocations
from api.unit import Work
from api.users import passwords, queries, service
from api.users.authenticator import Authenticator
from api.users.schemas import SecondFactorProof, UserChange
from api.users.service.sessions import refuse_locked


def forget(request: Request, work: Work, dead: Sequence[UUID], user_id: UUID) -> None:
    """Once committed, the ended access tokens count no more and the session's copy goes."""
    revocations: Revocations = request.app.state.revocations
    work.after_commit(lambda: revocations.publish(dead))
    work.after_commit(lambda: request.app.state.cache.drop(f"session:{user_id}", *(f"refresh:{j}" for j in dead)))


def found(user: Row[Any] | None) -> Row[Any]:
    """The account; NotFound when there is none."""
    if user is None:
        raise NotFound
    return user


def present(user: Row[Any] | None) -> Row[Any]:
    """The caller's own account; TokenRevoked when it was erased since the call began."""
    if user is None:
        raise TokenRevoked
    return user


async def require_right(work: Work, user: Row[Any], password: str) -> None:
    """As strict as signing in: whoever has taken a session must not find the password out."""
    refuse_locked(user, ids.now())
    if not await passwords.matches(user.password_hash, password):
        await service.fail(await work.connection(), user.id)
        raise InvalidCredentials().keep()


async def held_by(work: Work, caller: Identity, password: str) -> Row[Any]:
    """The caller's account, held, once its present password was given; InvalidCredentials, AccountDisabled."""
    async with work.pool.connect() as reading:
        user = present(await queries.account(reading, caller.user_id))
    await require_right(work, user, password)
    held = present(await queries.account(await work.connection(), user.id, lock=True))
    if held.password_hash != user.password_hash:
        raise InvalidCredentials
    return held


def app_of(request: Request) -> Authenticator:
    """What checks the codes of owners' apps."""
    return Authenticator(request.app.state.settings.second_factor_secret)


async def proven_by(request: Request, work: Work, caller: Identity, proof: SecondFactorProof) -> Row[Any]:
    """The caller's account, held, once password and a code were given; SecondFactorState, SecondFactorInvalid too."""
    user = await held_by(work, caller, proof.password)
    service.refuse(user)
    given = service.Given(proof.code, proof.recovery_code)
    await service.prove(await work.connection(), user.id, given, app_of(request))
    return user


async def require_owner(work: Work, user_id: UUID, body: UserChange) -> None:
    """Whoever changes the e-mail or phone gets the codes for a new password: the present one is asked for first."""
    async with work.pool.connect() as reading:
        user = present(await queries.account(reading, user_id))
    if all(getattr(user, name) == getattr(body, name) for name in body.model_fields_set & {"email", "phone"}):
        return
    if body.current_password is None:
        missing = "is needed to change the e-mail or phone: give the present password"
        raise ValidationFailed(errors=[{"field": "body.current_password", "message": missing, "code": "missing"}])
    await require_right(work, user, body.current_password)
