"""Sessions: a family of refresh tokens, each of which works once (R-USR-5); lockout after failures (R-USR-14)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any
from uuid import UUID

from joserfc.jwk import OKPKey
from sqlalchemy import Row, insert, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids
from api.errors import AccountDisabled, InvalidCredentials, SecondFactorNeeded, TokenRevoked
from api.tokens import TOKEN_LIFE, Identity, counting, mint
from api.users import challenges, queries
from api.users.models import credentials, refresh_tokens

REFRESH_LIFE = timedelta(days=30)
SESSION_LIFE = timedelta(days=90)
"""However often it is refreshed, a session ends so long after the sign-in that began it."""
FAILURES, LOCKED_FOR = 10, timedelta(minutes=15)

_REVOKE = text("""
WITH mine AS (
    SELECT family_id FROM refresh_tokens
    WHERE user_id = :user_id AND (token_id = :jti OR token_hash = :token_hash OR family_id = :family_id)
), ended AS (
    UPDATE refresh_tokens SET revoked_at = coalesce(revoked_at, now()), updated_at = now()
    WHERE user_id = :user_id AND (:every OR family_id IN (SELECT family_id FROM mine))
      AND (CAST(:spared AS uuid) IS NULL
           OR family_id NOT IN (SELECT family_id FROM refresh_tokens WHERE token_id = :spared))
    RETURNING token_id, created_at
), dead AS (
    SELECT token_id AS jti, created_at + :life AS expires_at FROM ended WHERE created_at + :life > now()
), noted AS (
    INSERT INTO revoked_tokens (jti, expires_at)
    SELECT jti, expires_at FROM dead UNION SELECT :jti, now() + :life WHERE CAST(:jti AS uuid) IS NOT NULL
    ON CONFLICT (jti) DO NOTHING
)
SELECT jti FROM dead
""")

# The count begins anew after a quarter of an hour without a failure, and after a lock that is over.
_FAIL = text("""
WITH counted AS (
    SELECT id, CASE WHEN updated_at < now() - :window OR locked_until <= now() THEN 1
                    ELSE failed_logins + 1 END AS failures
    FROM credentials
    WHERE user_id = :user_id AND status <> 'disabled' AND (locked_until IS NULL OR locked_until <= now())
    FOR UPDATE
)
UPDATE credentials c SET
    failed_logins = failures,
    status = CASE WHEN failures >= :failures THEN 'locked' ELSE 'active' END,
    locked_until = CASE WHEN failures >= :failures THEN now() + :window END,
    updated_at = now()
FROM counted WHERE c.id = counted.id
""")


@dataclass(frozen=True)
class Issuer:
    """What sessions are opened with: the key that signs tokens, and whether operators need a second factor."""

    signing_key: OKPKey
    demanding: bool


@dataclass(frozen=True)
class Tokens:
    """A pair of tokens; `identity.jti` is the refresh token's id."""

    access: str
    refresh: str
    identity: Identity


def refuse_locked(user: Row[Any], moment: datetime) -> None:
    """AccountDisabled while the account is locked; the lock ends by time alone (R-USR-14)."""
    if user.status == "locked" and user.locked_until > moment:
        raise AccountDisabled("Too many failed sign-ins; wait 15 minutes.", status="locked")


def refuse(user: Row[Any]) -> None:
    """AccountDisabled for an account that may not sign in: locked at the moment, or disabled."""
    refuse_locked(user, ids.now())
    if user.status == "disabled":
        raise AccountDisabled(status=user.status)


async def begin(
    conn: AsyncConnection, user_id: UUID, password_hash: str, issuer: Issuer, *, proven: bool = False
) -> tuple[Tokens, Row[Any]]:
    """Open a session for an account whose password fitted this hash; InvalidCredentials, AccountDisabled.

    The password was checked outside the transaction: with the account held it is read again, so that no session
    outlives a password, a role or a status that was changed in between (R-USR-12). SecondFactorNeeded, with a
    challenge, for an account that has one, unless it was `proven` in this transaction.
    """
    held = await queries.hold(conn, user_id)
    if held is None or held.password_hash != password_hash:
        raise InvalidCredentials
    refuse(held)
    if held.status == "locked":
        free = {"status": "active", "failed_logins": 0, "locked_until": None}
        await conn.execute(update(credentials).where(credentials.c.id == held.id).values(free))
    user = await queries.account(conn, user_id)
    if user is None:
        raise InvalidCredentials
    if user.second_factor and not proven:
        challenge = challenges.mint(issuer.signing_key, user_id, password_hash)
        raise SecondFactorNeeded(challenge=challenge, expires_in=int(challenges.LIFE.total_seconds()))
    return await _issue(conn, user, issuer, ids.new()), user


async def fail(conn: AsyncConnection, user_id: UUID) -> None:
    """Count a failed sign-in; the tenth within 15 minutes locks the account for 15."""
    await conn.execute(_FAIL, {"user_id": user_id, "window": LOCKED_FOR, "failures": FAILURES})


async def renew(conn: AsyncConnection, refresh_token: str, issuer: Issuer) -> tuple[Tokens, Row[Any]]:
    """Take a refresh token for a new pair; a token used twice ends its whole family. TokenRevoked, AccountDisabled."""
    await queries.hold_owner(conn, hashed(refresh_token))
    row = await queries.refresh_token(conn, hashed(refresh_token))
    if row is None or row.revoked_at or row.expires_at <= ids.now():
        raise TokenRevoked
    if row.rotated_at:
        dead = await close(conn, row.user_id, family_id=row.family_id)
        raise ReusedToken(row.user_id, dead).keep()
    user = await queries.account(conn, row.user_id)
    if user is None:
        raise AccountDisabled(status="erased")
    refuse(user)
    rotated = update(refresh_tokens).where(refresh_tokens.c.token_id == row.token_id)
    await conn.execute(rotated.values(rotated_at=ids.now(), updated_at=ids.now()))
    return await _issue(conn, user, issuer, row.family_id), user


class ReusedToken(TokenRevoked, slug=TokenRevoked.slug, status=TokenRevoked.status):
    """This refresh token was used before: somebody has a copy, so the whole session is ended; sign in again."""

    def __init__(self, user_id: UUID, dead: list[UUID]) -> None:
        super().__init__()
        self.user_id, self.dead = user_id, dead


async def close(
    conn: AsyncConnection,
    user_id: UUID,
    *,
    jti: UUID | None = None,
    refresh_token: str | None = None,
    family_id: UUID | None = None,
    every: bool = False,
    spared: UUID | None = None,
) -> list[UUID]:
    """End the session of an access token, a refresh token or a family, or every one; gives the jtis to blacklist.

    `spared` is an access token whose session goes on.
    """
    values = {
        "user_id": user_id,
        "jti": jti,
        "token_hash": hashed(refresh_token) if refresh_token else None,
        "family_id": family_id,
        "every": every,
        "spared": spared,
        "life": TOKEN_LIFE,
    }
    dead = [row.jti for row in await conn.execute(_REVOKE, values)]
    return dead if jti is None or jti in dead else [*dead, jti]


def hashed(refresh_token: str) -> str:
    """How a refresh token is stored."""
    return sha256(refresh_token.encode()).hexdigest()


async def _issue(conn: AsyncConnection, user: Row[Any], issuer: Issuer, family_id: UUID) -> Tokens:
    moment, token_id, secret = ids.now(), ids.new(), token_urlsafe(32)
    row = {"token_id": token_id, "user_id": user.id, "family_id": family_id, "token_hash": hashed(secret)}
    expires_at = min(moment + REFRESH_LIFE, ids.drawn_at(family_id) + SESSION_LIFE)
    await conn.execute(insert(refresh_tokens).values(**row, expires_at=expires_at))
    roles = counting(user.roles, second_factor=user.second_factor, demanded=issuer.demanding)
    identity = Identity(user.id, roles, user.seller_id, token_id, moment + TOKEN_LIFE)
    return Tokens(mint(issuer.signing_key, identity, moment), secret, identity)
