"""Tables of wallets, of what changed them, and of money asked of a card for them."""

from sqlalchemy import Column, Index, Integer, String, Table, UniqueConstraint, text

from api.columns import at, check, currency, key, metadata, money, one_of, ref, timestamps

wallets = Table(
    "wallets",
    metadata,
    key(),
    ref("user_id", "users.id"),
    currency(),
    money("balance_minor", default=0),
    Column("version", Integer, nullable=False, server_default=text("0")),
    *timestamps(),
    UniqueConstraint("user_id", "currency"),
    check("balance_minor", "balance_minor >= 0"),
)

wallet_entries = Table(
    "wallet_entries",
    metadata,
    key(),
    ref("wallet_id", "wallets.id"),
    money("delta_minor"),
    money("balance_after_minor"),
    Column("cause_type", String(20), nullable=False),
    ref("cause_id"),
    at("created_at", nullable=False, now=True),
    UniqueConstraint("wallet_id", "cause_type", "cause_id"),
    check("delta_minor", "delta_minor <> 0"),
    check("balance_after_minor", "balance_after_minor >= 0"),
    one_of("cause_type", "payment", "refund", "store_credit", "top_up"),
    Index("ix_wallet_entries_wallet_id", "wallet_id", "created_at", "id"),
)

top_ups = Table(
    "top_ups",
    metadata,
    key(),
    ref("wallet_id", "wallets.id"),
    Column("gateway", String(50), nullable=False),
    Column("gateway_reference", String(255)),
    Column("idempotency_ref", String(255), nullable=False, unique=True),
    money("amount_minor"),
    currency(),
    Column("status", String(20), nullable=False, server_default="requested"),
    Column("answer_code", String(60)),
    Column("attempt", Integer, nullable=False, server_default=text("1")),
    *timestamps(),
    check("amount_minor", "amount_minor > 0"),
    one_of("status", "requested", "succeeded", "failed", "unknown"),
    Index("ix_top_ups_wallet_id", "wallet_id"),
    Index("ix_top_ups_created_at", "created_at"),
    Index("ix_top_ups_open", "updated_at", postgresql_where=text("status IN ('requested', 'unknown')")),
)
