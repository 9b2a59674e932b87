"""Messages over HTTP: the inbox, preferences, and messages that are asked for (E-NOT-1 to 5)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.ext.asyncio import AsyncConnection

from api.auth import Conn, ServiceOrOperator, Shopper, holds
from api.edge import Route
from api.errors import CursorInvalid, Forbidden, NotFound, OrderState, ValidationFailed
from api.idempotency import Once
from api.notifications import pages, queries, service
from api.notifications.kinds import fixed
from api.notifications.models import notifications
from api.notifications.schemas import (
    DEFAULTS,
    Inbox,
    KnownPreference,
    MessagesAccepted,
    MessagesWanted,
    NewMessage,
    NewPreferences,
    Notification,
    OrderStatus,
    Preferences,
    ReadChange,
    notification,
)
from api.pagination import Keyset
from api.problems import problems

router = APIRouter(prefix="/v1/notifications", tags=["notifications"], route_class=Route)
Token = Annotated[str, Query(max_length=100, description="out of the link in a message")]


@router.get("", summary="The own messages", responses=problems(CursorInvalid))
async def list_notifications(
    wanted: Annotated[MessagesWanted, Query()], caller: Shopper, request: Request, conn: Conn
) -> Inbox:
    """The newest first; those of the inbox, unless another channel is asked for (E-NOT-1)."""
    filters = wanted.filters | {"user_id": caller.user_id}
    keyset = Keyset(
        request.app.state.settings.cursor_secret,
        wanted.sort,
        notifications.c.created_at,
        notifications.c.id,
        filters,
    )
    listed = queries.listed(caller.user_id, wanted.channel, wanted.type, wanted.unread)
    found = await keyset.read(conn, listed, wanted)
    return Inbox(
        items=[notification(row) for row in found.rows],
        next_cursor=found.next_cursor,
        unread_count=await queries.unread(conn, caller.user_id),
    )


@router.get("/preferences", summary="Which messages come over which channel")
async def get_notification_preferences(caller: Shopper, conn: Conn) -> Preferences:
    """Everything is on until it is switched off; marketing needs consent as well (E-NOT-4)."""
    return await _preferences(conn, caller.user_id)


async def _preferences(conn: AsyncConnection, user_id: UUID) -> Preferences:
    said = await queries.preferences(conn, user_id)
    known = dict.fromkeys(DEFAULTS, True) | said
    items = [
        {"type": type_, "channel": channel, "enabled": enabled, "fixed": fixed(type_, channel)}
        for (type_, channel), enabled in known.items()
    ]
    return Preferences(items=[KnownPreference.model_validate(item) for item in items])


@router.put("/preferences", summary="Choose which messages come", responses=problems(ValidationFailed))
async def set_notification_preferences(body: NewPreferences, caller: Shopper, conn: Conn) -> Preferences:
    """Those that are not named stay; messages about own orders by e-mail cannot be switched off (E-NOT-5)."""
    wrong = [
        {"field": f"body.items.{number}.enabled", "message": "cannot be switched off", "code": "fixed"}
        for number, item in enumerate(body.items)
        if not item.enabled and fixed(item.type, item.channel)
    ]
    if wrong:
        raise ValidationFailed(errors=wrong)
    await service.prefer(conn, caller.user_id, {(item.type, item.channel): item.enabled for item in body.items})
    return await _preferences(conn, caller.user_id)


@router.get(
    "/unsubscribe",
    summary="The page of the link that ends marketing",
    responses=problems(NotFound),
    response_class=HTMLResponse,
)
async def get_unsubscribe_page(token: Token, request: Request, conn: Conn) -> HTMLResponse:
    """Asks first: mail programs open links by themselves. Needs no sign-in (R-NOT-5)."""
    return pages.question(await _locale(conn, _reader(token, request)), token)


@router.post(
    "/unsubscribe", summary="End marketing messages", responses=problems(NotFound), response_class=HTMLResponse
)
async def unsubscribe(token: Token, request: Request, conn: Conn) -> HTMLResponse:
    """One click, from that page or from the mail program (RFC 8058); repeating it is fine."""
    reader = _reader(token, request)
    locale = await _locale(conn, reader)
    await service.unsubscribe(conn, reader)
    return pages.done(locale)


def _reader(token: str, request: Request) -> UUID:
    reader = service.reader_of(token, request.app.state.settings.cursor_secret)
    if reader is None:
        raise NotFound
    return reader


async def _locale(conn: AsyncConnection, user_id: UUID) -> str:
    found = await queries.people(conn, [user_id], [])
    if not found:
        raise NotFound
    return str(found[0].locale)


@router.patch("/{notification_id}/read", summary="Mark a message as read", responses=problems(NotFound))
async def mark_notification_read(
    notification_id: UUID, caller: Shopper, conn: Conn, body: ReadChange | None = None
) -> Notification:
    """The first reading counts; repeating it keeps its time (E-NOT-2)."""
    read = body.read if body else True
    return notification(await service.mark(conn, caller.user_id, notification_id, read=read))


@router.post(
    "",
    status_code=202,
    summary="Send messages",
    responses=problems(NotFound, OrderState, Forbidden, ValidationFailed),
    dependencies=[Once],
)
async def send_notifications(
    body: NewMessage, caller: ServiceOrOperator, request: Request, conn: Conn
) -> MessagesAccepted:
    """To one account, about an order's status (once), or to an audience, which is for operators (E-NOT-3)."""
    if body.audience and not await holds(request, caller, "operator"):
        raise Forbidden
    asked = await service.ask(conn, body)
    return MessagesAccepted(accepted=asked.accepted, ids=asked.ids)


@router.post(
    "/{order_id}/{status}",
    status_code=202,
    summary="Send the message of an order's status",
    responses=problems(NotFound, OrderState),
    dependencies=[Once],
    deprecated=True,
)
async def send_order_notification(
    order_id: UUID, status: OrderStatus, _: ServiceOrOperator, conn: Conn
) -> MessagesAccepted:
    """As `POST /v1/notifications` with order_id and status."""
    asked = await service.ask(conn, NewMessage(order_id=order_id, status=status))
    return MessagesAccepted(accepted=asked.accepted, ids=asked.ids)
