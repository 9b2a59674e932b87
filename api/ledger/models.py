"""Tables of journal entries and lines: insert only, balanced, one entry per kind and cause (R-LED-1, R-LED-2)."""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    text,
)

from api.columns import at, check, currency, key, metadata, money, one_of, ref

journal_entries = Table(
    "journal_entries",
    metadata,
    key(),
    Column("kind", String(20), nullable=False),
    Column("cause_type", String(20), nullable=False),
    ref("cause_id"),
    ref("order_id", nullable=True),
    ref("reverses", "journal_entries.id", nullable=True),
    currency(),
    at("occurred_at", nullable=False),
    Column("tx", BigInteger, nullable=False, server_default=text("(pg_current_xact_id()::text)::bigint")),
    at("created_at", nullable=False, now=True),
    one_of(
        "kind", "sale", "commission", "refund", "commission_refund", "wallet_top_up", "wallet_spend", "store_credit",
        "payout", "reversal",
    ),
    UniqueConstraint("kind", "cause_type", "cause_id"),
    Index("ix_journal_entries_order_id", "order_id"),
    Index("ix_journal_entries_occurred_at", "occurred_at", "id"),
)  # fmt: skip

journal_lines = Table(
    "journal_lines",
    metadata,
    ref("entry_id", "journal_entries.id"),
    Column("line_no", SmallInteger, nullable=False),
    Column("account", String(40), nullable=False),
    ref("seller_id", nullable=True),
    ref("product_id", nullable=True),
    ref("order_item_id", nullable=True),
    ref("wallet_id", nullable=True),
    Column("gateway", String(50)),
    money("debit_minor", default=0),
    money("credit_minor", default=0),
    Column("units", Integer),
    PrimaryKeyConstraint("entry_id", "line_no"),
    Index("ix_journal_lines_seller_id", "seller_id", "account", postgresql_where=text("seller_id IS NOT NULL")),
    check("one_side", "debit_minor >= 0 AND credit_minor >= 0 AND (debit_minor = 0) <> (credit_minor = 0)"),
)
