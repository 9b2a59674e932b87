"""What routes of accounts share: an account that must be there, and the end of its sessions in Redis."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fastapi import Request
from sqlalchemy import Row

from api.errors import NotFound
from api.revocation import Revocations
from api.unit import Work


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
