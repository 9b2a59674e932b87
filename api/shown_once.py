"""Answers that hold a secret: they are given once, and never kept for repeats of their call."""

from uuid import UUID

from fastapi import Request, Response

from api.errors import SecretShown
from api.problems import answer


def shows_once(request: Request, made: UUID) -> None:
    """Have a repeat under the call's Idempotency-Key hear what was made, by SecretShown."""
    request.state.again = answer(SecretShown(id=made), request)


def for_repeats(request: Request, response: Response) -> Response:
    """What is kept of a call for its repeats: its answer, unless that is shown once."""
    found: Response = getattr(request.state, "again", response)
    return found
