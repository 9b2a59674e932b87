"""The published facts of orders, as lines; the relay writes them, in the transaction that empties the outbox of them.

`owned_id` is the fact's aggregate where that is the order's alone (a payment, a parcel, a message): what it tells later
belongs to the order too. There is no foreign key to the order: its check would wait for everybody who holds the order's
row. A trigger deletes the facts of a deleted order. No line holds anything personal (R-EVT-8).
"""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, text
from sqlalchemy.dialects.postgresql import UUID

from api.columns import at, metadata, ref

order_facts = Table(
    "order_facts",
    metadata,
    Column("event_id", UUID(as_uuid=True), primary_key=True),
    ref("order_id"),
    ref("owned_id", nullable=True),
    Column("tx", BigInteger, nullable=False),
    at("recorded_at", nullable=False),
    Column("line", LargeBinary, nullable=False),
    Index("ix_order_facts_order_id", "order_id"),
    Index("ix_order_facts_owned_id", "owned_id", postgresql_where=text("owned_id IS NOT NULL")),
)
