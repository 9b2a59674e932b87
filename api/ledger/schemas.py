"""Requests and answers of the ledger."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from api.ledger.entries import Account, Kind
from api.pagination import PageWanted
from api.schemas import Answer, Currency, Instant, Moment


class EntriesWanted(PageWanted):
    """Which entries: those with a line of `account` and `seller_id`, of an order, kind, currency, time span."""

    account: Annotated[Account | None, Field(examples=["sales"])] = None
    seller_id: UUID | None = None
    order_id: UUID | None = None
    kind: Annotated[Kind | None, Field(examples=["sale"])] = None
    currency: Currency | None = None
    since: Annotated[Instant | None, Field(alias="from")] = None
    until: Annotated[Instant | None, Field(alias="to")] = None


class LineAnswer(Answer):
    """One line of an entry; exactly one of debit and credit is above 0."""

    line_no: int
    account: str
    seller_id: UUID | None
    product_id: UUID | None
    order_item_id: UUID | None
    gateway: str | None
    wallet_id: UUID | None = Field(description="whose money it is, of wallet_liability")
    debit_minor: int
    credit_minor: int
    units: int | None


class EntryAnswer(Answer):
    """A balanced journal entry with its lines."""

    id: UUID
    kind: str
    cause_type: str
    cause_id: UUID
    order_id: UUID | None
    currency: str
    occurred_at: Moment
    lines: list[LineAnswer]


class BalanceAnswer(Answer):
    """A seller's account in one currency: what adds to it is positive, what takes from it negative."""

    currency: str
    sales_minor: int = 0
    discounts_minor: int = 0
    refunds_minor: int = 0
    shipping_minor: int = 0
    commission_minor: int = 0
    payouts_minor: int = 0
    due_minor: int = 0


class BalancesAnswer(Answer):
    """A seller's accounts, one a currency."""

    items: list[BalanceAnswer]


Month = Annotated[str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", description="UTC", examples=["2026-11"])]


class StatementAnswer(Answer):
    """A seller's month in one currency: what adds to the account is positive, what takes from it negative."""

    currency: str
    opening_minor: int = Field(description="due before the month")
    sales_minor: int
    discounts_minor: int
    refunds_minor: int
    shipping_minor: int
    commission_minor: int
    payouts_minor: int
    closing_minor: int = Field(description="due after the month: the opening and everything between")


class StatementsAnswer(Answer):
    """A seller's month, one statement a currency."""

    month: str
    items: list[StatementAnswer]
