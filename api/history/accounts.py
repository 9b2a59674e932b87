"""Opens accounts for another system's customers; nobody can sign in to them, for their passwords are not ours."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids
from api.history.batch import Batch
from api.outbox import Fact
from streams.events.users import UserCreated

_OPEN = text(
    "INSERT INTO users (id, email, first_name, last_name, phone, created_at, updated_at) "
    "SELECT id, email, 'Customer', name, '+000', at, at "
    "FROM unnest(CAST(:ids AS uuid[]), CAST(:emails AS text[]), CAST(:names AS text[]), CAST(:ats AS timestamptz[])) "
    "AS n (id, email, name, at) ON CONFLICT (email) DO NOTHING RETURNING id"
)
_FIND = text("SELECT email, id FROM users WHERE email = ANY(CAST(:emails AS text[]))")


async def open_accounts(connection: AsyncConnection, source: str, customers: Mapping[str, datetime]) -> dict[str, UUID]:
    """Account ids by customer; who has none yet gets one, registered at the moment given."""
    emails = {customer: email(source, customer) for customer in customers}
    wanted = {ids.derived(at, source, "account", customer): at for customer, at in customers.items()}
    values = {
        "ids": list(wanted),
        "emails": list(emails.values()),
        "names": [customer[:100] for customer in customers],
        "ats": list(wanted.values()),
    }
    opened = (await connection.execute(_OPEN, values)).scalars().all()
    batch = Batch()
    for user_id in opened:
        created = UserCreated(user_id=user_id, roles=("shopper",), locale="en", registered_at=wanted[user_id])
        batch.record(f"import:{source}:accounts", wanted[user_id], [Fact(created, 1)])
    await batch.write(connection)
    found = {row.email: row.id for row in await connection.execute(_FIND, {"emails": list(emails.values())})}
    return {customer: found[email] for customer, email in emails.items()}


def email(source: str, customer: str) -> str:
    """The address that stands for a customer of a source; nothing is ever sent to it."""
    return f"{customer}@{source}.example".lower()[:255]
