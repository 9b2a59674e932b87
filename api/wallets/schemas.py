"""Requests and answers of wallets."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from api.pagination import PageWanted
from api.schemas import Answer, Currency, Moment


class WalletAnswer(Answer):
    """Money of one currency that a shopper keeps with the platform."""

    id: UUID
    currency: str = Field(examples=["GBP"])
    balance_minor: int = Field(description="ISO 4217 minor units", examples=[1250])


class WalletsAnswer(Answer):
    """The caller's wallets, one a currency; a wallet is opened by its first entry."""

    items: list[WalletAnswer]


class EntriesWanted(PageWanted):
    """Which entries."""

    currency: Currency | None = None
    cause_type: Literal["payment", "refund", "store_credit", "top_up"] | None = None


class WalletEntryAnswer(Answer):
    """One change of a wallet: what was added or taken, and what was there afterwards."""

    id: UUID
    wallet_id: UUID
    currency: str
    delta_minor: int
    balance_after_minor: int
    cause_type: str
    cause_id: UUID
    created_at: Moment
