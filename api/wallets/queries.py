"""What is read of wallets, their entries and top-ups."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from api.wallets.models import top_ups, wallet_entries, wallets


async def of_user(conn: AsyncConnection, user_id: UUID, currency: str | None = None) -> Sequence[Row[Any]]:
    """A user's wallets, by currency."""
    statement = select(wallets).where(wallets.c.user_id == user_id)
    if currency:
        statement = statement.where(wallets.c.currency == currency)
    return (await conn.execute(statement.order_by(wallets.c.currency))).all()


def entries_of(user_id: UUID, currency: str | None, cause_type: str | None) -> Select[Any]:
    """The entries of a user's wallets with their currency."""
    statement = select(wallet_entries, wallets.c.currency).join_from(
        wallet_entries, wallets, wallets.c.id == wallet_entries.c.wallet_id
    )
    statement = statement.where(wallets.c.user_id == user_id)
    if currency:
        statement = statement.where(wallets.c.currency == currency)
    if cause_type:
        statement = statement.where(wallet_entries.c.cause_type == cause_type)
    return statement


async def entry_of(conn: AsyncConnection, wallet_id: UUID, cause_type: str, cause_id: UUID) -> Row[Any] | None:
    """The entry that a cause made in a wallet, if it made one."""
    entry = wallet_entries.c
    this = (entry.wallet_id == wallet_id) & (entry.cause_type == cause_type) & (entry.cause_id == cause_id)
    return (await conn.execute(select(wallet_entries).where(this))).one_or_none()


async def has_credit(conn: AsyncConnection, user_id: UUID, cause_id: UUID) -> bool:
    """Whether a cause has given store credit to a user."""
    return await conn.scalar(credit_of(literal(user_id), literal(cause_id)).limit(1)) is not None


def credit_of(user_id: ColumnElement[UUID], cause_id: ColumnElement[UUID]) -> Select[tuple[UUID]]:
    """The store credit that a cause gave to a user, also those of a statement around it."""
    given = wallet_entries.c
    mine = wallets.c.user_id == user_id, given.cause_type == "store_credit", given.cause_id == cause_id
    return select(given.id).join_from(wallet_entries, wallets, wallets.c.id == given.wallet_id).where(*mine)


async def top_up(conn: AsyncConnection, idempotency_ref: str, *, lock: bool = False) -> Row[Any] | None:
    """One top-up by the reference the gateway knows it by, locked when told so."""
    statement = select(top_ups).where(top_ups.c.idempotency_ref == idempotency_ref)
    return (await conn.execute(statement.with_for_update() if lock else statement)).one_or_none()


async def owner(conn: AsyncConnection, wallet_id: UUID) -> UUID:
    """Whose wallet it is."""
    found: UUID = (await conn.execute(select(wallets.c.user_id).where(wallets.c.id == wallet_id))).scalar_one()
    return found
