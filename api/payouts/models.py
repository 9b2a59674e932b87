"""Table of payouts to sellers."""

from sqlalchemy import Column, Index, Integer, String, Table, text

from api.columns import at, check, currency, key, metadata, money, one_of, ref, timestamps

payouts = Table(
    "payouts",
    metadata,
    key(),
    ref("seller_id", "sellers.id"),
    currency(),
    money("amount_minor"),
    Column("status", String(20), nullable=False, server_default="requested"),
    Column("gateway", String(50), nullable=False),
    Column("gateway_reference", String(255)),
    Column("idempotency_ref", String(255), nullable=False, unique=True),
    Column("reason", String(60)),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    at("next_attempt_at"),
    ref("requested_by"),
    Column("version", Integer, nullable=False, server_default=text("1")),
    *timestamps(),
    check("amount_minor", "amount_minor > 0"),
    one_of("status", "requested", "paid", "failed"),
    Index("ix_payouts_due", "next_attempt_at", postgresql_where=text("status = 'requested'")),
    Index("ix_payouts_seller_id", "seller_id", "created_at", "id"),
)
