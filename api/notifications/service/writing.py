"""Writes messages down: rendered, addressed, one row per cause, reader, kind and channel (R-NOT-1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids, outbox
from api.columns import Json
from api.notifications import queries
from api.notifications.kinds import IN_APP, KINDS, Channel, Type, fixed
from api.notifications.models import notifications
from api.notifications.wording import Unrenderable, render
from api.outbox import Fact
from streams.events.notifications import NotificationFailed, NotificationSent

INCOMPLETE = "template_incomplete"

_WITHDRAW = text("""
UPDATE notifications SET status = 'withdrawn', updated_at = now()
WHERE status = 'pending' AND type = ANY(CAST(:types AS text[]))
AND data @> jsonb_build_object(CAST(:about AS text), CAST(:id AS text))
""")
_FORGET = text("""
UPDATE notifications SET recipient = '', subject = NULL, content = NULL, data = NULL, updated_at = now(),
    status = CASE status WHEN 'pending' THEN 'withdrawn' ELSE status END
WHERE user_id = :user_id
""")

log = structlog.get_logger()


@dataclass(frozen=True)
class Draft:
    """A message to an account, or to a seller's; `channels`: those of its kind, unless said otherwise."""

    type: Type
    template: str
    data: Json = field(default_factory=dict)
    user_id: UUID | None = None
    seller_id: UUID | None = None
    channels: Sequence[Channel] | None = None
    address: str | None = None
    """An e-mail address other than the reader's present one."""
    cause: UUID | None = None
    """Unless it is the one that all drafts have in common."""
    asked_for: UUID | None = None
    """The cause of the same message where somebody asked for it: it is not written when there is one of that."""


async def write(conn: AsyncConnection, drafts: Sequence[Draft], cause: UUID | None) -> list[UUID]:
    """Write the messages that their readers want and that are not there yet; the ids of the new ones.

    The inbox has them at once; everything else waits for the sender.
    """
    found = await _readers(conn, drafts) if drafts else []
    rows = [
        row
        for draft in drafts
        for person in found
        if person.id == draft.user_id or (draft.seller_id and person.seller_id == draft.seller_id)
        for row in _rows(draft, person, cause)
    ]
    if not rows:
        return []
    statement = insert(notifications).on_conflict_do_nothing().returning(notifications)
    written = (await conn.execute(statement, rows)).all()
    await outbox.record(conn, *[fact for row in written if (fact := _fact(row))])
    return [row.id for row in written]


async def _readers(conn: AsyncConnection, drafts: Sequence[Draft]) -> Sequence[Row[Any]]:
    users = {draft.user_id for draft in drafts if draft.user_id}
    sellers = {draft.seller_id for draft in drafts if draft.seller_id}
    return await queries.people(conn, users, sellers, {draft.asked_for for draft in drafts if draft.asked_for})


def _rows(draft: Draft, person: Row[Any], cause: UUID | None) -> Sequence[Mapping[str, Any]]:
    if draft.asked_for in person.told or (KINDS[draft.type].marketing and not person.marketing_consent):
        return []
    data = {**draft.data, "first_name": person.first_name, "locale": person.locale}
    if draft.seller_id:
        data["shop"] = person.shop
    wanted = [
        channel
        for channel in draft.channels or KINDS[draft.type].channels
        if fixed(draft.type, channel) or f"{draft.type} {channel}" not in person.switched_off
    ]
    common = {"user_id": person.id, "type": draft.type, "template": draft.template, "data": data}
    return [
        {**common, "cause_event_id": draft.cause or cause, "recipient": _recipient(draft, person, channel)}
        | _content(draft.template, data, channel)
        for channel in wanted
    ]


def _recipient(draft: Draft, person: Row[Any], channel: Channel) -> str:
    if channel == "email":
        return draft.address or (person.contact_email if draft.seller_id else person.email)
    return person.phone if channel in ("sms", "whatsapp") else str(person.id)


def _content(template: str, data: Json, channel: Channel) -> dict[str, Any]:
    """The columns that tell what it says and what is to happen with it."""
    row: dict[str, Any] = {
        "id": ids.new(),
        "channel": channel,
        "subject": None,
        "content": None,
        "attempts": 0,
        "version": 0,
    }
    due = {"status": "pending", "next_attempt_at": ids.now()}
    try:
        words = render(template, data["locale"], data)
    except Unrenderable as error:
        log.error("message not rendered", template=template, error=str(error))
        return {**row, "status": "failed", "next_attempt_at": None, "version": 1}
    row |= {"subject": words.subject, "content": words.text if channel == "email" else words.short}
    return row | (
        {"status": "sent", "next_attempt_at": None, "version": 1, "attempts": 1} if channel == IN_APP else due
    )


def _fact(row: Row[Any]) -> Fact | None:
    if row.status == "pending":
        return None
    return sent_fact(row) if row.status == "sent" else failed_fact(row, INCOMPLETE)


def _about(row: Row[Any]) -> dict[str, Any]:
    return {
        "notification_id": row.id,
        "user_id": row.user_id,
        "type": row.type,
        "channel": row.channel,
        "cause_event_id": row.cause_event_id,
        "attempts": row.attempts,
        "waited_ms": max(0, round((ids.now() - moment(row)).total_seconds() * 1000)),
    }


def moment(row: Row[Any]) -> datetime:
    """When what the message is about happened: ids of version 7 say so."""
    cause: UUID | None = row.cause_event_id
    if cause is None or cause.version != 7:
        written: datetime = row.created_at
        return written
    return ids.drawn_at(cause)


def sent_fact(row: Row[Any], version: int | None = None) -> Fact:
    """The message has left; `version` is the row's after that, unless it is the row's by now."""
    return Fact(NotificationSent(**_about(row)), seq=version or row.version)


def failed_fact(row: Row[Any], reason: str) -> Fact:
    """The message will not leave; `reason` is a code."""
    return Fact(NotificationFailed(**_about(row), reason=reason), seq=row.version)


async def withdraw(conn: AsyncConnection, types: Sequence[Type], about: str, id_: UUID) -> None:
    """Take back what has not been sent yet, by the id in its data that it is about (R-NOT-6)."""
    await conn.execute(_WITHDRAW, {"types": list(types), "about": about, "id": str(id_)})


async def forget(conn: AsyncConnection, user_id: UUID) -> None:
    """Nothing that an erased account's messages said or where they went is kept (R-USR-15)."""
    await conn.execute(_FORGET, {"user_id": user_id})
