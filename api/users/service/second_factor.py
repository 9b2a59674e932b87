"""A second factor: turned on by a code, asked for at sign-in, taken away by its owner's proof or an admin.

Callers hold the account (`queries.hold` or `queries.account(lock=True)`), so that a code counts once and guesses are
counted one by one.
"""

from dataclasses import dataclass
from typing import Any, NoReturn
from uuid import UUID

from sqlalchemy import Row, delete, insert, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids
from api.errors import SecondFactorInvalid, SecondFactorState, TokenRevoked
from api.users import authenticator, queries
from api.users.authenticator import Authenticator
from api.users.challenges import Challenge, printed
from api.users.models import recovery_codes, revoked_tokens, second_factors
from api.users.service.accounts import touched
from api.users.service.sessions import Issuer, Tokens, begin, fail, refuse

OFF, BEGUN, ON = "off", "begun", "on"


@dataclass(frozen=True)
class Given:
    """A code of the owner's app, or a recovery code in its place."""

    code: str | None = None
    recovery_code: str | None = None


async def begin_second_factor(conn: AsyncConnection, user: Row[Any], app: Authenticator) -> str:
    """Draw a secret for the owner's app; it counts once a code of it was given. SecondFactorState when one is on."""
    if user.second_factor:
        raise SecondFactorState("The second factor is on already.", status=ON)
    secret, kept = app.draw(user.id)
    fresh = {"secret": kept, "last_step": None, "updated_at": ids.now()}
    statement = upsert(second_factors).values(user_id=user.id, **fresh)
    await conn.execute(statement.on_conflict_do_update(index_elements=["user_id"], set_=fresh))
    return secret


async def confirm_second_factor(conn: AsyncConnection, user_id: UUID, code: str, app: Authenticator) -> list[str]:
    """Turn on what was begun, by a code of it; gives the recovery codes. SecondFactorState, SecondFactorInvalid."""
    kept = await queries.second_factor(conn, user_id)
    if kept is None or kept.confirmed_at:
        detail = "The second factor is on already." if kept else "Begin with POST /v1/users/me/second-factor."
        raise SecondFactorState(detail, status=ON if kept else OFF)
    step = app.step(user_id, kept.secret, code, after=kept.last_step)
    if step is None:
        await _refuse_guess(conn, user_id)
    await _note(conn, user_id, last_step=step, confirmed_at=ids.now())
    await touched(conn, user_id, ("second_factor_on",))
    return await _draw_codes(conn, user_id)


async def prove(conn: AsyncConnection, user_id: UUID, given: Given, app: Authenticator) -> None:
    """Take a code or recovery code, which is good no more. SecondFactorState when none is on, SecondFactorInvalid."""
    kept = await queries.second_factor(conn, user_id)
    if kept is None or kept.confirmed_at is None:
        raise SecondFactorState("There is no second factor to prove.", status=BEGUN if kept else OFF)
    if given.recovery_code:
        await _spend(conn, user_id, given.recovery_code)
        return
    step = app.step(user_id, kept.secret, given.code or "", after=kept.last_step)
    if step is None:
        await _refuse_guess(conn, user_id)
    await _note(conn, user_id, last_step=step)


async def complete(
    conn: AsyncConnection, challenge: Challenge, given: Given, app: Authenticator, issuer: Issuer
) -> tuple[Tokens, Row[Any]]:
    """Open the session that a challenge stands for; TokenRevoked for one that was used or is older than its password.

    AccountDisabled, SecondFactorInvalid, which counts as a failed sign-in.
    """
    held = await queries.hold(conn, challenge.user_id)
    if held is None or printed(held.password_hash) != challenge.password_print:
        raise TokenRevoked
    refuse(held)
    try:
        await prove(conn, held.user_id, given, app)
    except SecondFactorState:
        raise TokenRevoked from None
    used = upsert(revoked_tokens).values(jti=challenge.id, expires_at=challenge.expires_at).on_conflict_do_nothing()
    if not (await conn.execute(used.returning(revoked_tokens.c.jti))).first():
        raise TokenRevoked
    return await begin(conn, held.user_id, held.password_hash, issuer, proven=True)


async def renew_recovery_codes(conn: AsyncConnection, user_id: UUID) -> list[str]:
    """New recovery codes in the place of those before."""
    await touched(conn, user_id, ("recovery_codes",))
    return await _draw_codes(conn, user_id)


async def remove_second_factor(conn: AsyncConnection, user_id: UUID) -> None:
    """The password alone signs in again."""
    for table in (recovery_codes, second_factors):
        await conn.execute(delete(table).where(table.c.user_id == user_id))
    await touched(conn, user_id, ("second_factor_off",))


async def _refuse_guess(conn: AsyncConnection, user_id: UUID) -> NoReturn:
    await fail(conn, user_id)
    raise SecondFactorInvalid().keep()


async def _note(conn: AsyncConnection, user_id: UUID, **values: object) -> None:
    mine = update(second_factors).where(second_factors.c.user_id == user_id)
    await conn.execute(mine.values(updated_at=ids.now(), **values))


async def _spend(conn: AsyncConnection, user_id: UUID, recovery_code: str) -> None:
    code_hash = authenticator.hashed(recovery_code)
    mine = delete(recovery_codes).where(recovery_codes.c.user_id == user_id, recovery_codes.c.code_hash == code_hash)
    if not (await conn.execute(mine)).rowcount:
        await _refuse_guess(conn, user_id)
    await touched(conn, user_id, ("recovery_codes",))


async def _draw_codes(conn: AsyncConnection, user_id: UUID) -> list[str]:
    await conn.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))
    codes = authenticator.recovery_codes()
    rows = [{"user_id": user_id, "code_hash": authenticator.hashed(code)} for code in codes]
    await conn.execute(insert(recovery_codes), rows)
    return codes
