"""Who visits, and the clicks that the server tells of itself."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import Request

from api import ids
from api.errors import Unauthenticated
from api.outbox import correlation_id
from api.tokens import Verifier
from api.tracking import clicks, privacy
from api.tracking.clicks import Click, Line, Visitor

__all__ = ("Line", "searched", "visitor")


def visitor(request: Request) -> Visitor:
    """What a request tells about whoever sent it."""
    headers = request.headers
    return Visitor(
        received_at=ids.now(),
        correlation_id=correlation_id.get(),
        secret=request.app.state.settings.cursor_secret,
        user_id=_user_id(request),
        device=privacy.device_class(headers.get("user-agent", "")),
        followed=headers.get("dnt") != "1" and headers.get("sec-gpc") != "1",
    )


def _user_id(request: Request) -> UUID | None:
    """Whose access token it is; one that does not count is no reason to lose a click (R-TRK-4)."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    verifier: Verifier = request.app.state.verifier
    try:
        return verifier.read(token).user_id
    except Unauthenticated:
        return None


def searched(by: Visitor, click_id: UUID, session_id: UUID, properties: Mapping[str, Any]) -> Line:
    """The click Products Searched of source server (R-SRC-8, R-TRK-9); its texts are masked as any other's."""
    click = Click(
        click_id=click_id,
        name="Products Searched",
        session_id=session_id,
        occurred_at=by.received_at,
        properties=dict(properties),
    )
    return clicks.of_server(click, by)
