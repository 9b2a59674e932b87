"""Addresses of sellers' systems: made, changed, taken away."""

from base64 import b64encode
from collections.abc import Mapping
from secrets import token_bytes
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids
from api.changes import require_version
from api.errors import ValidationFailed
from api.sellers import queries as sellers
from api.webhooks import queries
from api.webhooks.addresses import refusal
from api.webhooks.models import webhook_endpoints

SECRET_PREFIX = "whsec_"  # noqa: S105 - what secrets of Standard Webhooks begin with
SECRET_BYTES = 32
MOST_ENDPOINTS = 10


async def create(conn: AsyncConnection, seller_id: UUID, fields: Mapping[str, Any], *, inside: bool) -> Row[Any]:
    """A new address with a secret of its own; ValidationFailed for one that may not be called.

    Behind the shop's lock, so that two at once do not both take the last place.
    """
    _require(fields["url"], inside=inside)
    await sellers.for_change(conn, seller_id)
    if len(await queries.of_seller(conn, seller_id)) >= MOST_ENDPOINTS:
        message = f"would be one more than {MOST_ENDPOINTS} addresses; take one away first"
        raise ValidationFailed(errors=[{"field": "body", "message": message, "code": "too-many"}])
    secret = SECRET_PREFIX + b64encode(token_bytes(SECRET_BYTES)).decode()
    row = {**fields, "id": ids.new(), "seller_id": seller_id, "secret": secret}
    made: Row[Any] = (await conn.execute(insert(webhook_endpoints).values(row).returning(webhook_endpoints))).one()
    return made


def _require(url: str, *, inside: bool) -> None:
    if message := refusal(url, inside=inside):
        raise ValidationFailed(errors=[{"field": "body.url", "message": message, "code": "address"}])


async def change(
    conn: AsyncConnection, row: Row[Any], changes: Mapping[str, Any], expected: int | None, *, inside: bool
) -> Row[Any]:
    """The locked address with some fields changed; VersionConflict, ValidationFailed."""
    require_version(row, expected)
    if "url" in changes:
        _require(changes["url"], inside=inside)
    again = {"disabled_reason": None, "failing_since": None} if changes.get("status") == "active" else {}
    return await _update(conn, row.id, {**changes, **again})


async def remove(conn: AsyncConnection, seller_id: UUID, endpoint_id: UUID) -> None:
    """Take an address away; what still waits for it is not told any more. NotFound."""
    await queries.one(conn, seller_id, endpoint_id, lock=True)
    await _update(conn, endpoint_id, {"status": "deleted"})


async def forget(conn: AsyncConnection, user_id: UUID) -> None:
    """The systems of an erased account's shop are told nothing any more; where they were is forgotten (R-USR-15)."""
    shop = await sellers.of_user(conn, user_id)
    if shop is not None:
        gone = update(webhook_endpoints).where(webhook_endpoints.c.seller_id == shop.id)
        await conn.execute(gone.values(status="deleted", url="", secret="", updated_at=ids.now()))


async def _update(conn: AsyncConnection, endpoint_id: UUID, values: Mapping[str, Any]) -> Row[Any]:
    raised = {**values, "version": webhook_endpoints.c.version + 1, "updated_at": ids.now()}
    statement = update(webhook_endpoints).where(webhook_endpoints.c.id == endpoint_id).values(raised)
    row: Row[Any] = (await conn.execute(statement.returning(webhook_endpoints))).one()
    return row
