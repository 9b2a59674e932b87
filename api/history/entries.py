"""Puts journal entries that the ledger built into a batch."""

from collections.abc import Iterable

from api.history.batch import Batch
from api.ledger.service import Entry
from api.outbox import Fact

CLEARING = "gateway_clearing"


def post(batch: Batch, entries: Iterable[Entry]) -> list[Fact]:
    """The rows of some entries go into the batch, their facts are the answer."""
    facts = []
    for entry in entries:
        posted = entry.posted
        batch.add(
            "journal_entries", posted.entry_id, posted.kind, posted.cause_type, posted.cause_id, posted.order_id,
            posted.currency, entry.occurred_at,
        )  # fmt: skip
        for line in posted.lines:
            batch.add(
                "journal_lines", posted.entry_id, line.line_no, line.account, line.seller_id, line.product_id,
                line.order_item_id, entry.gateway if line.account == CLEARING else None, line.debit_minor,
                line.credit_minor, line.units,
            )  # fmt: skip
        facts.append(Fact(posted, 1))
    return facts
