"""What routes of accounts share: an account that is there, its password, and the end of its sessions in Redis."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fastapi import Request
from sqlalchemy import Row

from api import ids
from api.errors import InvalidCredentials, NotFound
from api.revocation import Revocations
from api.unit import Work
from api.users import passwords, service
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
