"""What routes of accounts share: an account that is there, its password, and the end of its sessions in Redis."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fastapi import Request
from sqlalchemy import Row

from api import ids
from api.errors import InvalidCredentials, NotFound, ValidationFailed
from api.revocation import Revocations
from api.unit import Work
from api.users import passwords, queries, service
from api.users.schemas import UserChange
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


async def require_right(work: Work, user: Row[Any], password: str) -> None:
    """As strict as signing in: whoever has taken a session must not find the password out."""
    refuse_locked(user, ids.now())
    if not await passwords.matches(user.password_hash, password):
        await service.fail(await work.connection(), user.id)
        raise InvalidCredentials().keep()


async def require_owner(work: Work, user_id: UUID, body: UserChange) -> None:
    """Whoever changes the e-mail or phone gets the codes for a new password: the present one is asked for first."""
    async with work.pool.connect() as reading:
        user = found(await queries.account(reading, user_id))
    if all(getattr(user, name) == getattr(body, name) for name in body.model_fields_set & {"email", "phone"}):
        return
    if body.current_password is None:
        missing = "is needed to change the e-mail or phone: give the present password"
        raise ValidationFailed(errors=[{"field": "body.current_password", "message": missing, "code": "missing"}])
    await require_right(work, user, body.current_password)
