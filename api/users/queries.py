"""What is read of accounts, sessions and addresses."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, case, func, or_, select, table, text
from sqlalchemy import column as named
from sqlalchemy.ext.asyncio import AsyncConnection

from api.users.models import addresses, credentials, recovery_codes, refresh_tokens, second_factors, users

# The seller account's id belongs to sellers, which stands above users; only its key is read here.
_sellers = table("sellers", named("id"), named("user_id"))

_HAS_FACTOR = (
    select(second_factors.c.user_id)
    .where(second_factors.c.user_id == users.c.id, second_factors.c.confirmed_at.is_not(None))
    .exists()
)
_ACCOUNT = (
    select(
        users,
        credentials.c.email_verified,
        credentials.c.status,
        credentials.c.locked_until,
        credentials.c.password_hash,
        _HAS_FACTOR.label("second_factor"),
        _sellers.c.id.label("shop_id"),
        case((users.c.roles.contains(["seller"]), _sellers.c.id)).label("seller_id"),
    )
    .join(credentials, credentials.c.user_id == users.c.id)
    .outerjoin(_sellers, _sellers.c.user_id == users.c.id)
)

# Orders, their money and shops stand above users: of them only this is read here. A balance is that of one wallet.
_OBLIGATIONS = text("""
SELECT (SELECT count(*) FROM orders o WHERE o.user_id = :user_id AND (
            o.status IN ('pending', 'paid', 'processing', 'shipped')
            OR EXISTS (SELECT FROM order_returns r WHERE r.order_id = o.id AND r.status = 'requested')
            OR EXISTS (SELECT FROM complaints c WHERE c.order_id = o.id AND c.status IN ('open', 'under_review'))
            OR EXISTS (SELECT FROM refunds f WHERE f.order_id = o.id
                       AND f.status IN ('requested', 'approved', 'processing'))
            OR EXISTS (SELECT FROM reservations r WHERE r.order_id = o.id AND r.cause_type = 'replacement'
                       AND r.status = 'held')
            OR EXISTS (SELECT FROM shipments s WHERE s.order_id = o.id AND s.kind = 'replacement'
                       AND s.status NOT IN ('delivered', 'returned', 'cancelled'))
            OR EXISTS (SELECT FROM payments p WHERE p.order_id = o.id AND p.captured_minor > p.refunded_minor AND (
                o.status = 'cancelled' AND NOT EXISTS (SELECT FROM refunds f WHERE f.order_id = o.id
                                                       AND f.cause_type = 'cancel')
                OR EXISTS (SELECT FROM order_returns r WHERE r.order_id = o.id AND r.status = 'received'
                           AND r.refund_minor > 0 AND NOT EXISTS (
                               SELECT FROM refunds f WHERE f.cause_type = 'return' AND f.cause_id = r.id))
                OR EXISTS (SELECT FROM complaints c WHERE c.order_id = o.id AND c.status = 'resolved'
                           AND c.resolution_type = 'refund' AND NOT EXISTS (
                               SELECT FROM refunds f WHERE f.cause_type = 'complaint' AND f.cause_id = c.id))))
            OR EXISTS (SELECT FROM complaints c WHERE c.order_id = o.id AND c.status = 'resolved'
                       AND c.resolution_type = 'store_credit'
                       AND NOT EXISTS (SELECT FROM refunds f WHERE f.cause_type = 'complaint' AND f.cause_id = c.id)
                       AND NOT EXISTS (SELECT FROM wallet_entries e JOIN wallets w ON w.id = e.wallet_id
                                       WHERE w.user_id = o.user_id AND e.cause_type = 'store_credit'
                                       AND e.cause_id = c.id))
       )) AS orders,
       (SELECT coalesce(max(balance_minor), 0) FROM wallets WHERE user_id = :user_id) AS balance_minor,
       (SELECT count(*) FROM top_ups t JOIN wallets w ON w.id = t.wallet_id
        WHERE w.user_id = :user_id AND t.status IN ('requested', 'unknown')) AS top_ups,
       (SELECT count(*) FROM sellers WHERE user_id = :user_id AND status <> 'closed') AS shops
""")
_SESSIONS = text("""
SELECT family_id AS id, min(created_at) AS began_at, max(created_at) AS last_used_at,
       bool_or(token_id = :jti) AS current, max(expires_at) FILTER (WHERE rotated_at IS NULL) AS expires_at
FROM refresh_tokens WHERE user_id = :user_id
GROUP BY family_id HAVING max(expires_at) FILTER (WHERE rotated_at IS NULL) > now() AND bool_and(revoked_at IS NULL)
ORDER BY last_used_at DESC, family_id
""")
_ADMINS_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('admins'))")


async def account(conn: AsyncConnection, user_id: UUID, *, lock: bool = False) -> Row[Any] | None:
    """An account with its credentials' state and its seller_id; `lock` for a change of password, role or status.

    shop_id is that of its seller account also when the role was taken away.
    """
    if lock:
        await hold(conn, user_id)
    statement = _ACCOUNT.where(users.c.id == user_id)
    statement = statement.with_for_update(of=users, key_share=True) if lock else statement
    return (await conn.execute(statement)).one_or_none()


async def hold(conn: AsyncConnection, user_id: UUID) -> Row[Any] | None:
    """Keep an account's credentials and sessions as they are until the end of the transaction."""
    mine = select(credentials).where(credentials.c.user_id == user_id).with_for_update(key_share=True)
    return (await conn.execute(mine)).one_or_none()


async def hold_owner(conn: AsyncConnection, token_hash: str) -> None:
    """The same for the account of a refresh token, before the token is locked: changes take them in this order."""
    owner = select(refresh_tokens.c.user_id).where(refresh_tokens.c.token_hash == token_hash).scalar_subquery()
    mine = select(credentials.c.id).where(credentials.c.user_id == owner)
    await conn.execute(mine.with_for_update(key_share=True))


async def other_admins(conn: AsyncConnection, user_id: UUID) -> bool:
    """Whether somebody else is an admin who may sign in; others who ask wait for the end of the transaction."""
    await conn.execute(_ADMINS_LOCK)
    able = (users.c.id != user_id, users.c.roles.contains(["admin"]), credentials.c.status != "disabled")
    return bool(await conn.scalar(select(select(users.c.id).join(credentials).where(*able).exists())))


async def hold_book(conn: AsyncConnection, user_id: UUID) -> None:
    """Keep an account and its address book as they are until the end of the transaction."""
    await conn.execute(select(users.c.id).where(users.c.id == user_id).with_for_update(key_share=True))


async def hold_orders(conn: AsyncConnection, user_id: UUID) -> None:
    """Wait for orders that are being placed by a user, and let no further one begin until the end."""
    await conn.execute(select(users.c.id).where(users.c.id == user_id).with_for_update())


async def is_gone(conn: AsyncConnection, user_id: UUID) -> bool:
    """Whether an account was erased; if not, it will not be until the end of the transaction."""
    erased = select(users.c.erased_at).where(users.c.id == user_id).with_for_update(read=True, key_share=True)
    return await conn.scalar(erased) is not None


async def obligations(conn: AsyncConnection, user_id: UUID) -> Row[Any]:
    """What keeps a user from leaving: orders (with what is open about them), balance_minor, top_ups, shops."""
    return (await conn.execute(_OBLIGATIONS, {"user_id": user_id})).one()


def listed(email: str | None, phone: str | None, role: str | None, status: str | None) -> Select[Any]:
    """Accounts with these properties."""
    statement = _ACCOUNT
    if email:
        statement = statement.where(users.c.email == email)
    if phone:
        statement = statement.where(users.c.phone == phone)
    if role:
        statement = statement.where(users.c.roles.contains([role]))
    if status:
        statement = statement.where(credentials.c.status == status)
    return statement


async def by_name(conn: AsyncConnection, name: str) -> Row[Any] | None:
    """An account by e-mail or username, both lower-case; with password_hash."""
    statement = _ACCOUNT.where(or_(users.c.email == name, users.c.username == name))
    return (await conn.execute(statement)).first()


async def refresh_token(conn: AsyncConnection, token_hash: str) -> Row[Any] | None:
    """A refresh token's row, locked."""
    statement = select(refresh_tokens).where(refresh_tokens.c.token_hash == token_hash).with_for_update()
    return (await conn.execute(statement)).one_or_none()


async def sessions(conn: AsyncConnection, user_id: UUID, jti: UUID) -> Sequence[Row[Any]]:
    """A user's sessions that may be refreshed, the one used last first; `current` is that of the token `jti`."""
    return (await conn.execute(_SESSIONS, {"user_id": user_id, "jti": jti})).all()


async def second_factor(conn: AsyncConnection, user_id: UUID) -> Row[Any] | None:
    """What is kept of an account's second factor, begun or on, with how many recovery_codes are left."""
    mine = recovery_codes.c.user_id == user_id
    left = select(func.count()).select_from(recovery_codes).where(mine).scalar_subquery().label("recovery_codes_left")
    statement = select(second_factors, left).where(second_factors.c.user_id == user_id)
    return (await conn.execute(statement)).one_or_none()


async def address_book(conn: AsyncConnection, user_id: UUID) -> Sequence[Row[Any]]:
    """A user's addresses, the default first, then the newest."""
    statement = (
        select(addresses)
        .where(addresses.c.user_id == user_id)
        .order_by(addresses.c.is_default.desc(), addresses.c.id.desc())
    )
    return (await conn.execute(statement)).all()


async def address(conn: AsyncConnection, user_id: UUID, address_id: UUID) -> Row[Any] | None:
    """One address of a user."""
    statement = select(addresses).where(addresses.c.user_id == user_id, addresses.c.id == address_id)
    return (await conn.execute(statement)).one_or_none()
