"""The published facts of orders; the relay writes them, in the transaction that empties the outbox of them.

A row holds the facts of one order that one transaction told: their lines as in the outbox, joined by line ends and
compressed (api/timeline/packing.py), which is why PostgreSQL need not try to. `id` is the first one's in the outbox.
There is no foreign key to the order: its check would wait for everybody who holds the order's row. A trigger deletes
the facts of a deleted order. No line holds anything personal (R-EVT-8).
"""

from sqlalchemy import BigInteger, Column, LargeBinary, PrimaryKeyConstraint, Table

from api.columns import at, metadata, ref

order_facts = Table(
    "order_facts",
    metadata,
    ref("order_id"),
    Column("id", BigInteger, nullable=False),
    Column("tx", BigInteger, nullable=False),
    at("recorded_at", nullable=False),
    Column("lines", LargeBinary, nullable=False),
    PrimaryKeyConstraint("order_id", "id"),
)
