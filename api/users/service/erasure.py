"""Erases an account at its owner's wish; other domains forget what they hold when they hear of it (R-USR-15)."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api import idempotency, ids, outbox
from api.errors import OpenObligations
from api.outbox import Fact
from api.users import queries
from api.users.models import addresses, credentials, recovery_codes, refresh_tokens, second_factors, users
from api.users.service.roles import ADMIN, spare_last_admin
from api.users.service.sessions import close
from streams.events.users import UserErased


async def erase(conn: AsyncConnection, user: Row[Any]) -> list[UUID]:
    """Forget the person and keep the bare id; gives the jtis to blacklist.

    OpenObligations while an order, a complaint, a refund, a wallet or an own shop is open; RoleConflict for the last
    admin.
    """
    await queries.hold_orders(conn, user.id)
    await _require_settled(conn, user)
    dead = await close(conn, user.id, every=True)
    for table in (refresh_tokens, recovery_codes, second_factors, credentials, addresses):
        await conn.execute(delete(table).where(table.c.user_id == user.id))
    await idempotency.forget(conn, str(user.id))
    nobody = update(users).where(users.c.id == user.id).values(_nobody(user.id)).returning(users.c.version)
    version = (await conn.execute(nobody)).scalar_one()
    await outbox.record(conn, Fact(UserErased(user_id=user.id), seq=version))
    return dead


async def _require_settled(conn: AsyncConnection, user: Row[Any]) -> None:
    if ADMIN in user.roles:
        await spare_last_admin(conn, user.id)
    left = await queries.obligations(conn, user.id)
    if left.orders or left.balance_minor or left.top_ups:
        raise OpenObligations(orders=left.orders, balance_minor=left.balance_minor)
    if left.shops:
        raise OpenObligations(
            "The seller account of this user is open; have it closed first.", orders=0, balance_minor=0
        )


def _nobody(user_id: UUID) -> dict[str, Any]:
    moment = ids.now()
    return {
        "email": f"{user_id}@erased.invalid",
        "username": None,
        "first_name": "",
        "last_name": "",
        "phone": "",
        "phone_verified": False,
        "roles": ["shopper"],
        "locale": "en",
        "marketing_consent": False,
        "erased_at": moment,
        "updated_at": moment,
        "version": users.c.version + 1,
    }
