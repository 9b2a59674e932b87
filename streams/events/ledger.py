"""Facts of the books: the balanced journal entries that every number of money is made of, and payouts."""

from uuid import UUID

import msgspec

from streams.events.envelope import Event, Exploded


class JournalLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an entry; exactly one of debit and credit is above 0.

    Lines of goods name their product and order line, so that every mart of money is made of journal lines alone.
    `units` stands only on `sales` and `refunds` lines: goods sold or given back.
    """

    line_no: int
    account: str
    seller_id: UUID | None = None
    product_id: UUID | None = None
    order_item_id: UUID | None = None
    debit_minor: int = 0
    credit_minor: int = 0
    units: int | None = None


class JournalPosted(Event, frozen=True, kw_only=True):
    """A journal entry was posted; the sum of its debits equals that of its credits (R-LED-1)."""

    name = "journal.posted"
    topic = "ledger"
    landing = "landing_journal_lines"
    exploded = Exploded(
        "landing_journal_lines", "lines", ("entry_id", "kind", "cause_type", "cause_id", "order_id", "currency")
    )
    key = "entry_id"
    entry_id: UUID
    kind: str
    cause_type: str
    cause_id: UUID
    order_id: UUID | None = None
    currency: str
    lines: tuple[JournalLine, ...]


class PayoutEvent(Event, frozen=True, kw_only=True):
    """A fact about one payout to a seller."""

    topic = "ledger"
    landing = "landing_payouts"
    key = "payout_id"
    payout_id: UUID
    seller_id: UUID
    amount_minor: int
    currency: str


class PayoutRequested(PayoutEvent, frozen=True, kw_only=True):
    """An operator asked for money to be paid to a seller."""

    name = "payout.requested"


class PayoutPaid(PayoutEvent, frozen=True, kw_only=True):
    """The money went to the seller."""

    name = "payout.paid"


class PayoutFailed(PayoutEvent, frozen=True, kw_only=True):
    """The money could not be paid; reason is a code."""

    name = "payout.failed"
    reason: str
