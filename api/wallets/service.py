"""Money that shoppers keep with the platform: every change is an entry, under the wallet's lock, never below 0."""

from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids, outbox
from api.errors import WalletInsufficient
from api.ledger import service as ledger
from api.outbox import Fact
from api.wallets import queries
from streams.events.payments import WalletChanged

CauseType = Literal["payment", "refund", "store_credit", "top_up"]

_OPEN = text(
    "INSERT INTO wallets (id, user_id, currency) VALUES (:id, :user_id, :currency) "
    "ON CONFLICT (user_id, currency) DO NOTHING"
)
_LOCK = text("SELECT * FROM wallets WHERE user_id = :user_id AND currency = :currency FOR UPDATE")
_CHANGE = text(
    "UPDATE wallets SET balance_minor = :balance, version = :version, updated_at = :moment WHERE id = :wallet_id"
)
_ENTER = text(
    "INSERT INTO wallet_entries (id, wallet_id, delta_minor, balance_after_minor, cause_type, cause_id, created_at) "
    "VALUES (:id, :wallet_id, :delta, :balance, :cause_type, :cause_id, :moment)"
)
_REQUEST = text(
    "INSERT INTO top_ups (id, wallet_id, gateway, idempotency_ref, amount_minor, currency) "
    "VALUES (:id, :wallet_id, :gateway, :ref, :amount_minor, :currency) ON CONFLICT (id) DO NOTHING RETURNING id"
)
_NOTE = text(
    "UPDATE top_ups SET status = :status, gateway_reference = coalesce(:reference, gateway_reference), "
    "answer_code = :code, updated_at = now() "
    "WHERE idempotency_ref = :ref"
)


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What moves in or out of a user's wallet, and why; one entry per cause."""

    user_id: UUID
    currency: str
    delta_minor: int
    cause_type: CauseType
    cause_id: UUID


async def opened(conn: AsyncConnection, user_id: UUID, currency: str) -> Row[Any]:
    """The user's wallet of a currency, locked; opened empty when there is none."""
    of = {"user_id": user_id, "currency": currency}
    await conn.execute(_OPEN, of | {"id": ids.new()})
    return (await conn.execute(_LOCK, of)).one()


async def move(conn: AsyncConnection, change: Change) -> UUID:
    """Write the entry and tell it; the wallet's id. WalletInsufficient when less is there than is taken.

    The lock is the last one that a transaction takes: after order, payment and refund.
    """
    wallet = await opened(conn, change.user_id, change.currency)
    balance, moment = wallet.balance_minor + change.delta_minor, ids.now()
    if balance < 0:
        raise WalletInsufficient(balance_minor=wallet.balance_minor)
    version = wallet.version + 1
    row = {"wallet_id": wallet.id, "balance": balance, "moment": moment}
    await conn.execute(_CHANGE, row | {"version": version})
    entry = {"id": ids.new(), "delta": change.delta_minor, "cause_type": change.cause_type, "cause_id": change.cause_id}
    await conn.execute(_ENTER, row | entry)
    event = WalletChanged(
        wallet_id=wallet.id,
        delta_minor=change.delta_minor,
        balance_after_minor=balance,
        currency=change.currency,
        cause_type=change.cause_type,
        cause_id=change.cause_id,
    )
    await outbox.record(conn, Fact(event, seq=version))
    return UUID(str(wallet.id))


async def give_credit(
    conn: AsyncConnection, user_id: UUID, currency: str, minor: int, *, cause_id: UUID, order_id: UUID | None = None
) -> bool:
    """Store credit: the platform's money for a wallet, once per cause (R-PAY-13, R-ORD-20); False for a repeat."""
    wallet = await opened(conn, user_id, currency)
    if await queries.entry_of(conn, wallet.id, "store_credit", cause_id):
        return False
    change = Change(user_id=user_id, currency=currency, delta_minor=minor, cause_type="store_credit", cause_id=cause_id)
    wallet_id = await move(conn, change)
    cause = ledger.Cause(
        type="store_credit", id=cause_id, order_id=order_id, currency=currency, wallet_id=wallet_id, at=ids.now()
    )
    await outbox.record(conn, *await ledger.post(conn, ledger.of_store_credit(cause, minor)))
    return True


async def request_top_up(
    conn: AsyncConnection, top_up_id: UUID, *, user_id: UUID, currency: str, minor: int, gateway: str
) -> tuple[Row[Any], bool]:
    """Note that a card is going to be charged for a wallet; commit this before asking the gateway (R-PAY-2).

    The top-up, and whether it is new: a call that died may have noted it before.
    """
    wallet, ref = await opened(conn, user_id, currency), f"topup:{top_up_id}"
    values = {"id": top_up_id, "wallet_id": wallet.id, "amount_minor": minor, "currency": currency}
    noted = await conn.scalar(_REQUEST, values | {"gateway": gateway, "ref": ref})
    return await _known(conn, ref), noted is not None


async def settle_top_up(
    conn: AsyncConnection, ref: str, status: str, *, reference: str | None, code: str | None
) -> Row[Any]:
    """Write what the gateway said of a top-up; succeeded fills the wallet and books it, once, whoever brings it."""
    top_up = await _known(conn, ref, lock=True)
    if top_up.status in ("succeeded", "failed"):
        return top_up
    await conn.execute(_NOTE, {"ref": ref, "status": status, "reference": reference, "code": code})
    if status == "succeeded":
        await _fill(conn, top_up)
    return await _known(conn, ref)


async def _fill(conn: AsyncConnection, top_up: Row[Any]) -> None:
    owner = await queries.owner(conn, top_up.wallet_id)
    change = Change(
        user_id=owner,
        currency=top_up.currency,
        delta_minor=top_up.amount_minor,
        cause_type="top_up",
        cause_id=top_up.id,
    )
    await move(conn, change)
    cause = ledger.Cause(
        type="top_up",
        id=top_up.id,
        currency=top_up.currency,
        gateway=top_up.gateway,
        wallet_id=top_up.wallet_id,
        at=ids.now(),
    )
    await outbox.record(conn, *await ledger.post(conn, ledger.of_top_up(cause, top_up.amount_minor)))


async def _known(conn: AsyncConnection, ref: str, *, lock: bool = False) -> Row[Any]:
    found = await queries.top_up(conn, ref, lock=lock)
    if found is None:
        raise LookupError(f"no top-up {ref}")
    return found
