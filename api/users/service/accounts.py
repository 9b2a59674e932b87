"""Registers accounts and changes them (R-USR-1, R-USR-2, R-USR-17)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids, outbox
from api.db import violated
from api.errors import EmailTaken, TokenRevoked, UsernameTaken
from api.outbox import Fact
from api.users import queries
from api.users.models import credentials, users
from streams.events.users import UserCreated, UserUpdated

SHOPPER = ("shopper",)


async def register(
    conn: AsyncConnection,
    *,
    email: str,
    password_hash: str,
    first_name: str,
    last_name: str,
    phone: str,
    roles: Sequence[str] = SHOPPER,
    email_verified: bool = False,
    user_id: UUID | None = None,
    at: datetime | None = None,
    **optional: Any,
) -> UUID:
    """Open an account and write user.created; gives its id. EmailTaken, UsernameTaken.

    `roles` beyond shopper are for the demo's operators and importers; `optional` is username, locale and
    marketing_consent.
    """
    user_id, moment = user_id or ids.new(), at or ids.now()
    person = {"first_name": first_name, "last_name": last_name, "phone": phone, **optional}
    try:
        statement = insert(users).values(id=user_id, email=email, roles=list(roles), created_at=moment, **person)
        row = (await conn.execute(statement.returning(users.c.roles, users.c.locale))).one()
        secret = {"email": email, "password_hash": password_hash, "email_verified": email_verified}
        await conn.execute(insert(credentials).values(id=ids.new(), user_id=user_id, **secret))
    except IntegrityError as error:
        raise _taken(error) from error
    event = UserCreated(user_id=user_id, roles=tuple(row.roles), locale=row.locale, registered_at=moment)
    await outbox.record(conn, Fact(event, seq=1, occurred_at=at))
    return user_id


def _taken(error: IntegrityError) -> EmailTaken | UsernameTaken | IntegrityError:
    constraint = violated(error)
    if constraint in ("uq_users_email", "uq_credentials_email"):
        return EmailTaken(field="email")
    return UsernameTaken(field="username") if constraint == "uq_users_username" else error


async def change(conn: AsyncConnection, user: Row[Any], changes: Mapping[str, Any]) -> None:
    """Change fields of an account; a new e-mail or phone is unverified again. EmailTaken, UsernameTaken.

    A status among them is told only: `administer` sets it.
    """
    changed = {name: value for name, value in changes.items() if getattr(user, name) != value}
    if not changed:
        return
    values = {name: value for name, value in changed.items() if name != "status"}
    if "phone" in changed:
        values["phone_verified"] = False
    try:
        if "email" in changed:
            await queries.hold(conn, user.id)
        await touched(conn, user.id, tuple(sorted(changed)), values)
        if "email" in changed:
            fresh = {"email": changed["email"], "email_verified": False}
            await conn.execute(update(credentials).where(credentials.c.user_id == user.id).values(**fresh))
    except IntegrityError as error:
        raise _taken(error) from error


async def touched(
    conn: AsyncConnection, user_id: UUID, changed: tuple[str, ...], values: Mapping[str, Any] | None = None
) -> None:
    """Raise an account's version, set `values`, and write user.updated with the names of what changed.

    TokenRevoked when it was erased meanwhile: whoever calls is nobody any more.
    """
    raised = {"version": users.c.version + 1, "updated_at": ids.now(), **(values or {})}
    statement = (
        update(users)
        .where(users.c.id == user_id, credentials.c.user_id == users.c.id)
        .values(raised)
        .returning(users.c.version, users.c.roles, credentials.c.status)
    )
    row = (await conn.execute(statement)).one_or_none()
    if row is None:
        raise TokenRevoked
    event = UserUpdated(user_id=user_id, changed=changed, roles=tuple(row.roles), status=row.status)
    await outbox.record(conn, Fact(event, seq=row.version))


async def grant(conn: AsyncConnection, user_id: UUID, role: str) -> None:
    """Give an account a role; it counts at once (R-USR-12)."""
    roles = {"roles": func.array_append(users.c.roles, role)}
    has_it = select(users.c.id).where(users.c.id == user_id, users.c.roles.contains([role]))
    if (await conn.execute(has_it)).one_or_none() is None:
        await touched(conn, user_id, ("roles",), roles)
