"""Opens seller accounts (R-USR-16: a user becomes a seller by nothing else) and changes them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids, outbox, slugs
from api.changes import differing, require_version
from api.db import violated
from api.errors import (
    CurrencyMismatch,
    NotFound,
    OpenObligations,
    SellerExists,
    SellerInactive,
)
from api.ledger import queries as ledger
from api.outbox import Fact
from api.sellers import queries
from api.sellers.models import sellers
from api.users import queries as users_read
from api.users import service as users
from streams.events.sellers import SellerCreated, SellerUpdated

ACTIVE, SUSPENDED, CLOSED = "active", "suspended", "closed"
FOR_OPERATORS = frozenset({"status", "commission_bp"})


async def create(
    conn: AsyncConnection,
    user_id: UUID,
    *,
    display_name: str,
    currency: str,
    slug: str | None = None,
    status: str = ACTIVE,
    at: datetime | None = None,
    **contact: Any,
) -> Row[Any]:
    """Open a user's seller account and give the role; SellerExists for a second one or a taken name.

    `contact` is legal_name, contact_email, contact_phone and ship_from; importers give the slug.
    """
    known = await queries.of_user(conn, user_id)
    if known:
        raise SellerExists(status=known.status)
    base = {"id": ids.new(), "user_id": user_id, "display_name": display_name, "currency": currency, "status": status}
    row = await _insert(conn, base | contact, slug or slugs.slug(display_name))
    await users.grant(conn, user_id, "seller")
    await outbox.record(conn, Fact(SellerCreated(**_state(row)), seq=row.version, occurred_at=at))
    return row


async def _insert(conn: AsyncConnection, values: dict[str, Any], slug: str) -> Row[Any]:
    try:
        async with conn.begin_nested():
            row: Row[Any] = (
                await conn.execute(insert(sellers).values({**values, "slug": slug}).returning(sellers))
            ).one()
            return row
    except IntegrityError as error:
        if violated(error) == "uq_sellers_slug":
            return await _insert(conn, values, slugs.another(slug))
        if violated(error) == "uq_sellers_display_name":
            raise SellerExists("Another seller has this display name.", status="taken") from error
        if violated(error) == "uq_sellers_user_id":
            raise SellerExists(status="pending") from error
        raise


async def change(conn: AsyncConnection, seller_id: UUID, changes: Mapping[str, Any], expected: int | None) -> Row[Any]:
    """Change a seller account; nothing happens when no value differs.

    NotFound, VersionConflict, SellerInactive for a closed one and one that nobody could answer for, SellerExists for a
    taken name, CurrencyMismatch once a product was listed, OpenObligations for a closing while something is open
    (R-SEL-5).
    """
    row = await queries.for_change(conn, seller_id)
    if row is None:
        raise NotFound
    require_version(row, expected)
    changed = differing(row, changes)
    if not changed:
        return row
    if row.status == CLOSED:
        raise SellerInactive(status=CLOSED)
    if "currency" in changed and await queries.has_products(conn, seller_id):
        raise CurrencyMismatch(expected=row.currency, given=changed["currency"])
    if changed.get("status") == CLOSED:
        await _require_settled(conn, seller_id)
    if changed.get("status") == ACTIVE and not await _has_owner(conn, row):
        raise SellerInactive("Its owner is disabled or lacks the role seller; give that back first.", status=row.status)
    after = await _update(conn, seller_id, changed)
    event = SellerUpdated(**_state(after), changed=tuple(sorted(changed)))
    await outbox.record(conn, Fact(event, seq=after.version))
    return after


async def suspend_without_owner(conn: AsyncConnection, user_id: UUID) -> None:
    """An active shop of an account that is disabled or lacks the role is suspended: nobody could answer for it."""
    row = await queries.of_user(conn, user_id)
    if row is not None and row.status == ACTIVE and not await _has_owner(conn, row):
        await change(conn, row.id, {"status": SUSPENDED}, None)


async def _has_owner(conn: AsyncConnection, seller: Row[Any]) -> bool:
    owner = await users_read.account(conn, seller.user_id)
    return owner is not None and "seller" in owner.roles and owner.status != "disabled"


async def forget_owner(conn: AsyncConnection, user_id: UUID) -> None:
    """The seller account of an erased user keeps its name alone (R-USR-15)."""
    row = await queries.of_user(conn, user_id)
    if row is not None:
        person = {"legal_name": "", "contact_email": "", "contact_phone": "", "ship_from": None}
        after = await _update(conn, row.id, person)
        await outbox.record(
            conn, Fact(SellerUpdated(**_state(after), changed=tuple(sorted(person))), seq=after.version)
        )


async def _require_settled(conn: AsyncConnection, seller_id: UUID) -> None:
    """Everything that must be over before an account is closed; what else can be open is asked here too."""
    await queries.await_openings(conn, seller_id)
    orders = await queries.open_orders(conn, seller_id)
    due = [sum(accounts.values()) for accounts in (await ledger.balances(conn, seller_id, None)).values()]
    owed = next((minor for minor in due if minor), 0)
    if orders or owed:
        raise OpenObligations(orders=orders, balance_minor=owed)


async def _update(conn: AsyncConnection, seller_id: UUID, values: Mapping[str, Any]) -> Row[Any]:
    raised = {**values, "version": sellers.c.version + 1, "updated_at": ids.now()}
    try:
        statement = update(sellers).where(sellers.c.id == seller_id).values(raised).returning(sellers)
        row: Row[Any] = (await conn.execute(statement)).one()
        return row
    except IntegrityError as error:
        if violated(error) == "uq_sellers_display_name":
            raise SellerExists("Another seller has this display name.", status="taken") from error
        raise


def _state(row: Row[Any]) -> dict[str, Any]:
    names = ("display_name", "slug", "currency", "commission_bp", "low_stock_threshold", "status")
    return {"seller_id": row.id, **{name: getattr(row, name) for name in names}}


def require_active(seller: Row[Any]) -> Row[Any]:
    """The seller when it is active; SellerInactive otherwise."""
    if seller.status != ACTIVE:
        raise SellerInactive(status=seller.status)
    return seller
