"""Posts journal entries in the transaction of their cause; the database refuses one that does not balance (R-LED-1)."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from api.auth import Identity
from api.errors import NotFound
from api.ledger import queries
from api.ledger.charges import Charge, ChargeBack
from api.ledger.entries import Cause, Entry, RefundedLine, SoldLine, of_refund, of_sale
from api.ledger.parts import captured_of, parts, units_of
from api.ledger.rounding import tax_within
from api.ledger.transfers import of_payout, of_store_credit, of_top_up
from api.outbox import Fact

__all__ = [
    "ENTRIES", "LINES", "Cause", "Charge", "ChargeBack", "Entry", "RefundedLine", "SoldLine", "captured_of", "columns",
    "facts", "of_payout", "of_refund", "of_sale", "of_store_credit", "of_top_up", "parts", "post",
    "require_own", "tax_within", "units_of",
]  # fmt: skip

ENTRIES = """
    INSERT INTO journal_entries (id, kind, cause_type, cause_id, order_id, currency, occurred_at)
    SELECT * FROM unnest(
        CAST(:ids AS uuid[]), CAST(:kinds AS text[]), CAST(:cause_types AS text[]), CAST(:cause_ids AS uuid[]),
        CAST(:order_ids AS uuid[]), CAST(:currencies AS text[]), CAST(:moments AS timestamptz[]))
"""
LINES = """
    INSERT INTO journal_lines (entry_id, line_no, account, seller_id, product_id, order_item_id, gateway, wallet_id,
                               debit_minor, credit_minor, units)
    SELECT * FROM unnest(
        CAST(:entry_ids AS uuid[]), CAST(:line_nos AS int[]), CAST(:accounts AS text[]), CAST(:seller_ids AS uuid[]),
        CAST(:product_ids AS uuid[]), CAST(:order_item_ids AS uuid[]), CAST(:gateways AS text[]),
        CAST(:wallet_ids AS uuid[]), CAST(:debits AS bigint[]), CAST(:credits AS bigint[]), CAST(:units AS int[]))
"""
"""For statements that book within their own: both of them, with `columns` as their parameters."""
_POST = text(f"WITH entries AS ({ENTRIES}) {LINES}")


async def post(conn: AsyncConnection, entries: Sequence[Entry]) -> list[Fact]:
    """Insert entries with their lines in one round trip; gives their facts for `outbox.record`.

    A second entry of the same kind and cause raises IntegrityError (R-LED-2): causes are posted once, under the lock
    of the payment or refund that they belong to.
    """
    if not entries:
        return []
    await conn.execute(_POST, columns(entries))
    return facts(entries)


def facts(entries: Sequence[Entry]) -> list[Fact]:
    """That they are posted."""
    return [Fact(entry.posted, seq=1, occurred_at=entry.occurred_at) for entry in entries]


def columns(entries: Sequence[Entry]) -> dict[str, list[object]]:
    """The parameters of ENTRIES and LINES."""
    return _entry_columns(entries) | _line_columns(entries)


def _entry_columns(entries: Sequence[Entry]) -> dict[str, list[object]]:
    posted = [entry.posted for entry in entries]
    return {
        "ids": [event.entry_id for event in posted],
        "kinds": [event.kind for event in posted],
        "cause_types": [event.cause_type for event in posted],
        "cause_ids": [event.cause_id for event in posted],
        "order_ids": [event.order_id for event in posted],
        "currencies": [event.currency for event in posted],
        "moments": [entry.occurred_at for entry in entries],
    }


def _line_columns(entries: Sequence[Entry]) -> dict[str, list[object]]:
    lines = [(entry, line) for entry in entries for line in entry.posted.lines]
    return {
        "entry_ids": [entry.posted.entry_id for entry, _ in lines],
        "line_nos": [line.line_no for _, line in lines],
        "accounts": [line.account for _, line in lines],
        "seller_ids": [line.seller_id for _, line in lines],
        "product_ids": [line.product_id for _, line in lines],
        "order_item_ids": [line.order_item_id for _, line in lines],
        "gateways": [entry.gateway if line.account == "gateway_clearing" else None for entry, line in lines],
        "wallet_ids": [entry.wallet_id if line.account == "wallet_liability" else None for entry, line in lines],
        "debits": [line.debit_minor for _, line in lines],
        "credits": [line.credit_minor for _, line in lines],
        "units": [line.units for _, line in lines],
    }


async def require_own(conn: AsyncConnection, caller: Identity, seller_id: UUID) -> None:
    """NotFound unless the books are the caller's, or those of a seller that there is and the caller an operator."""
    if not caller.owns(seller_id) or (caller.operator and not await queries.is_seller(conn, seller_id)):
        raise NotFound
