"""Builds balanced journal entries out of orders, payments and refunds: pure, so that an importer books in bulk with it.

Lines of goods name their product and order line (ARCHITECTURE.md, "The books"); clearing is one line an entry,
commission one line a seller.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import count
from typing import Literal
from uuid import UUID

import msgspec

from api import ids
from api.ledger.charges import Charge, ChargeBack
from api.ledger.rounding import commission_on, slice_of
from streams.events.ledger import JournalLine, JournalPosted

Kind = Literal[
    "sale", "commission", "refund", "commission_refund", "wallet_top_up", "wallet_spend", "store_credit", "payout",
    "reversal",
]  # fmt: skip
Account = Literal[
    "gateway_clearing", "wallet_liability", "tax_payable", "shipping_income", "sales", "discounts", "refunds",
    "commission_charged", "payouts", "commission_income", "promotion_expense",
]  # fmt: skip
"""Every account there is (requirements 10.1)."""


class SoldLine(msgspec.Struct, frozen=True, kw_only=True):
    """An order line as it was sold; total = unit price x quantity - discount, tax is contained in the total.

    `platform_discount_minor` is the part of the discount that the platform pays, the rest is the seller's (R-PRO-6).
    """

    order_item_id: UUID
    product_id: UUID
    seller_id: UUID
    quantity: int
    total_minor: int
    discount_minor: int = 0
    platform_discount_minor: int = 0
    tax_minor: int = 0
    commission_bp: int

    @property
    def net_minor(self) -> int:
        """What the seller is due: what the shopper and the platform pay, without tax."""
        return self.total_minor + self.platform_discount_minor - self.tax_minor

    @property
    def commission_minor(self) -> int:
        """The platform's commission on this line."""
        return commission_on(self.net_minor, self.commission_bp)


class RefundedLine(msgspec.Struct, frozen=True, kw_only=True):
    """What goes back of a sold line: `amount_minor` of its total, after `before_minor` went back earlier.

    `units` are the goods given back with it, 0 when only money goes back. Of a line that cost the shopper nothing
    `units` after `units_before` say how much of it goes back; without `counted` its goods stay with the shopper.
    """

    sold: SoldLine
    amount_minor: int
    before_minor: int = 0
    units: int = 0
    units_before: int = 0
    counted: bool = True

    def share_of(self, minor: int) -> int:
        """The part of an amount of the sold line that belongs to this refund."""
        if self.sold.total_minor == 0:
            return slice_of(minor, self.sold.quantity, self.units_before, self.units)
        return slice_of(minor, self.sold.total_minor, self.before_minor, self.amount_minor)


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """Why an entry is posted: a payment or refund of an order, a top-up, a payout; when, and where money moved."""

    type: str
    id: UUID
    order_id: UUID | None = None
    currency: str
    gateway: str | None = None
    wallet_id: UUID | None = None
    at: datetime

    @property
    def money(self) -> Account:
        """The account that a sale fills and a refund empties: the wallet's when the money moves there."""
        return "wallet_liability" if self.wallet_id else "gateway_clearing"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A balanced journal entry: the event that tells it, and what only the tables hold."""

    posted: JournalPosted
    occurred_at: datetime
    gateway: str | None = None
    wallet_id: UUID | None = None


def of_sale(cause: Cause, sold: Sequence[SoldLine], shipping: Sequence[Charge] = ()) -> list[Entry]:
    """The entries of captured money: the sale, and the commission on its goods; shipping bears none (R-LED-4)."""
    total = sum(line.total_minor for line in sold) + sum(one.charged_minor for one in shipping)
    by_platform = sum(line.platform_discount_minor for line in sold) + sum(one.platform_minor for one in shipping)
    lines = [
        debit(cause.money, total),
        *(_goods("discounts", line, debit=line.discount_minor - line.platform_discount_minor) for line in sold),
        debit("promotion_expense", by_platform),
        *(_goods("sales", line, credit=_price_without_tax(line), units=line.quantity) for line in sold),
        *(_goods("tax_payable", line, credit=line.tax_minor) for line in sold),
        *(credit("shipping_income", one.income_minor, one.seller_id) for one in shipping),
    ]
    charged = _by_seller((line.seller_id, line.commission_minor) for line in sold)
    commission = [
        *(debit("commission_charged", minor, seller_id) for seller_id, minor in charged.items()),
        credit("commission_income", sum(charged.values())),
    ]
    return [*entry("sale", cause, lines), *entry("commission", cause, commission)]


def of_refund(cause: Cause, refunded: Sequence[RefundedLine], shipping: Sequence[ChargeBack] = ()) -> list[Entry]:
    """The entries of money given back: the refund, and the commission that goes back with it.

    With the shopper's money the platform gets back its share of what it had paid for the line, or for its shipping.
    """
    total = sum(line.amount_minor for line in refunded) + sum(one.amount_minor for one in shipping)
    to_platform = sum(line.share_of(line.sold.platform_discount_minor) for line in refunded)
    lines = [
        *(_given_back(line) for line in refunded),
        *(_goods("tax_payable", line.sold, debit=line.share_of(line.sold.tax_minor)) for line in refunded),
        *(debit("shipping_income", one.amount_minor + one.platform_minor, one.charge.seller_id) for one in shipping),
        credit(cause.money, total),
        credit("promotion_expense", to_platform + sum(one.platform_minor for one in shipping)),
    ]
    back = _by_seller((line.sold.seller_id, line.share_of(line.sold.commission_minor)) for line in refunded)
    commission = [
        debit("commission_income", sum(back.values())),
        *(credit("commission_charged", minor, seller_id) for seller_id, minor in back.items()),
    ]
    return [*entry("refund", cause, lines), *entry("commission_refund", cause, commission)]


def _given_back(line: RefundedLine) -> JournalLine:
    paid_by_platform = line.share_of(line.sold.platform_discount_minor)
    without_tax = line.amount_minor + paid_by_platform - line.share_of(line.sold.tax_minor)
    return _goods("refunds", line.sold, debit=without_tax, units=(line.units if line.counted else 0) or None)


def _price_without_tax(line: SoldLine) -> int:
    return line.total_minor + line.discount_minor - line.tax_minor


def _by_seller(amounts: Iterable[tuple[UUID, int]]) -> dict[UUID, int]:
    sums: dict[UUID, int] = {}
    for seller_id, minor in amounts:
        sums[seller_id] = sums.get(seller_id, 0) + minor
    return dict(sorted(sums.items()))


def debit(account: Account, minor: int, seller_id: UUID | None = None) -> JournalLine:
    """A line that `entry` numbers."""
    return JournalLine(line_no=0, account=account, seller_id=seller_id, debit_minor=minor)


def credit(account: Account, minor: int, seller_id: UUID | None = None) -> JournalLine:
    """A line that `entry` numbers."""
    return JournalLine(line_no=0, account=account, seller_id=seller_id, credit_minor=minor)


def _goods(
    account: Account, line: SoldLine, *, debit: int = 0, credit: int = 0, units: int | None = None
) -> JournalLine:
    return JournalLine(
        line_no=0,
        account=account,
        seller_id=line.seller_id,
        product_id=line.product_id,
        order_item_id=line.order_item_id,
        debit_minor=debit,
        credit_minor=credit,
        units=units,
    )


def entry(kind: Kind, cause: Cause, lines: Iterable[JournalLine]) -> list[Entry]:
    """One entry of the lines that carry money, numbered from 1; none when no line does."""
    numbers = count(1)
    moved = tuple(
        msgspec.structs.replace(line, line_no=next(numbers)) for line in lines if line.debit_minor or line.credit_minor
    )
    if not moved:
        return []
    posted = JournalPosted(
        entry_id=ids.derived(cause.at, "journal", kind, cause.type, cause.id),
        kind=kind,
        cause_type=cause.type,
        cause_id=cause.id,
        order_id=cause.order_id,
        currency=cause.currency,
        lines=moved,
    )
    return [Entry(posted=posted, occurred_at=cause.at, gateway=cause.gateway, wallet_id=cause.wallet_id)]
