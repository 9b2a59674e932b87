"""Table of complaints; one order has at most one that is not settled."""

from sqlalchemy import Column, Index, Integer, String, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from api.columns import at, check, key, metadata, money, one_of, ref, timestamps

complaints = Table(
    "complaints",
    metadata,
    key(),
    ref("order_id", "orders.id"),
    ref("order_item_id", "order_items.id", nullable=True),
    ref("user_id"),
    Column("type", String(20), nullable=False),
    Column("description", Text, nullable=False),
    Column("evidence_urls", JSONB, nullable=False, server_default=text("'[]'")),
    Column("status", String(20), nullable=False, server_default="open"),
    Column("resolution_type", String(20)),
    Column("resolution_note", Text),
    money("resolution_minor", nullable=True),
    ref("resolved_by", nullable=True),
    at("resolved_at"),
    Column("version", Integer, nullable=False, server_default=text("1")),
    *timestamps(),
    one_of("type", "defect", "wrong_item", "damaged", "missing", "other"),
    one_of("status", "open", "under_review", "resolved", "rejected"),
    one_of("resolution_type", "refund", "replacement", "store_credit", "rejected"),
    check("resolved", "(status IN ('resolved', 'rejected')) = (resolved_at IS NOT NULL)"),
    check("resolution_minor", "resolution_minor > 0"),
    Index("ix_complaints_created_at", "created_at", "id"),
    Index("ix_complaints_user_id", "user_id"),
    Index("ix_complaints_order_id", "order_id", "created_at", "id"),
    Index("uq_complaints_open", "order_id", unique=True, postgresql_where=text("status IN ('open', 'under_review')")),
)
