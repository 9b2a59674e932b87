"""Entries of money that moves beside orders: into wallets, and out to sellers; pure (requirements 10.1)."""

from uuid import UUID

from api.ledger.entries import Cause, Entry, credit, debit, entry


def of_top_up(cause: Cause, minor: int) -> list[Entry]:
    """A card's money goes into a wallet."""
    return entry("wallet_top_up", cause, [debit("gateway_clearing", minor), credit("wallet_liability", minor)])


def of_store_credit(cause: Cause, minor: int) -> list[Entry]:
    """The platform gives money into a wallet that no refund stands for."""
    return entry("store_credit", cause, [debit("promotion_expense", minor), credit("wallet_liability", minor)])


def of_payout(cause: Cause, seller_id: UUID, minor: int) -> list[Entry]:
    """What a seller is due goes out through the gateway."""
    return entry("payout", cause, [debit("payouts", minor, seller_id), credit("gateway_clearing", minor)])
