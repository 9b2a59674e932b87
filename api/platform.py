"""Tables that belong to no domain: the outbox, the relay's positions, stored answers, import marks, trail."""

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, LargeBinary, PrimaryKeyConstraint, String, Table
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB

from api.columns import at, key, metadata, ref

# `tx` stands before `id`: defaults are evaluated in this order, so a row's transaction id is assigned no later than
# its id. Rows are deleted when Kafka has acknowledged them: what stands here is what waits.
outbox = Table(
    "outbox",
    metadata,
    Column("tx", BigInteger, nullable=False, server_default=sql("(pg_current_xact_id()::text)::bigint")),
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    at("recorded_at", nullable=False, now=True),
    Column("topic", String(40), nullable=False),
    Column("partition", Integer, nullable=False),
    ref("event_id"),
    Column("line", LargeBinary, nullable=False),
    Index("ix_outbox_tx", "tx"),
)

relay_positions = Table(
    "relay_positions",
    metadata,
    Column("topic", String(120), nullable=False),
    Column("partition", Integer, nullable=False),
    Column("next_offset", BigInteger, nullable=False),
    PrimaryKeyConstraint("topic", "partition"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("caller", String(64), nullable=False),
    Column("method", String(8), nullable=False),
    Column("path", String(255), nullable=False),
    Column("key", String(255), nullable=False),
    Column("body_hash", String(64), nullable=False),
    Column("status", Integer),
    Column("answer", LargeBinary),
    Column("headers", JSONB),
    at("created_at", nullable=False, now=True),
    PrimaryKeyConstraint("caller", "method", "path", "key"),
    Index("ix_idempotency_keys_created_at", "created_at"),
)

import_marks = Table(
    "import_marks",
    metadata,
    Column("source", String(80), nullable=False),
    Column("item", String(120), nullable=False),
    at("created_at", nullable=False, now=True),
    PrimaryKeyConstraint("source", "item"),
)

# Who did what to which object: every call of an operator or admin that changes something (R-SEC-7). Insert only.
audit_trail = Table(
    "audit_trail",
    metadata,
    key(),
    ref("actor_id"),
    Column("role", String(20), nullable=False),
    Column("action", String(60), nullable=False),
    Column("object_type", String(40), nullable=False),
    ref("object_id", nullable=True),
    Column("details", JSONB, nullable=False, server_default=sql("'{}'")),
    Column("correlation_id", String(64)),
    at("created_at", nullable=False, now=True),
    Index("ix_audit_trail_created_at", "created_at", "id"),
    Index("ix_audit_trail_object", "object_type", "object_id", "created_at"),
    Index("ix_audit_trail_actor", "actor_id", "created_at"),
)
