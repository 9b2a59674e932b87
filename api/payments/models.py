"""Tables of payment attempts, gateway operations, refunds and provider events."""

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, String, Table, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB

from api.columns import at, check, currency, key, metadata, money, one_of, ref, timestamps

payments = Table(
    "payments",
    metadata,
    key(),
    ref("order_id", "orders.id"),
    ref("user_id"),
    ref("wallet_id", "wallets.id", nullable=True),
    Column("payment_method", String(20), nullable=False),
    Column("gateway", String(50), nullable=False),
    Column("gateway_transaction_id", String(255)),
    Column("client_secret", String(255)),
    money("amount_minor"),
    currency(),
    money("authorized_minor", default=0),
    money("captured_minor", default=0),
    money("refunded_minor", default=0),
    Column("status", String(30), nullable=False, server_default="pending"),
    Column("failure_reason", String(255)),
    at("expires_at"),
    Column("return_url", String(500)),
    Column("next_action", JSONB(none_as_null=True)),
    Column("version", Integer, nullable=False, server_default=text("1")),
    *timestamps(),
    one_of(
        "status", "pending", "processing", "success", "failed", "expired", "cancelled", "refunding", "refunded",
        "refund_failed",
    ),
    check("amount", "amount_minor > 0"),
    check(
        "money",
        "0 <= refunded_minor AND refunded_minor <= captured_minor AND captured_minor <= authorized_minor "
        "AND authorized_minor <= amount_minor",
    ),
    UniqueConstraint("gateway", "gateway_transaction_id"),
    Index(
        "uq_payments_live",
        "order_id",
        unique=True,
        postgresql_where=text("status NOT IN ('failed', 'expired', 'cancelled')"),
    ),
    Index("ix_payments_order_id", "order_id"),
    Index("ix_payments_user_id", "user_id"),
    Index("ix_payments_due", "expires_at", postgresql_where=text("status IN ('pending', 'processing')")),
)  # fmt: skip

payment_operations = Table(
    "payment_operations",
    metadata,
    key(),
    ref("payment_id", "payments.id"),
    Column("kind", String(20), nullable=False),
    money("amount_minor"),
    Column("status", String(20), nullable=False),
    Column("gateway_reference", String(255)),
    Column("idempotency_ref", String(255), nullable=False, unique=True),
    Column("answer_code", String(60)),
    Column("attempt", Integer, nullable=False, server_default=text("1")),
    at("occurred_at", nullable=False, now=True),
    at("updated_at", nullable=False, now=True),
    one_of("kind", "authorize", "capture", "void", "refund", "top_up"),
    one_of("status", "requested", "succeeded", "failed", "unknown"),
    Index("ix_payment_operations_payment_id", "payment_id"),
    Index("ix_payment_operations_occurred_at", "occurred_at"),
    Index("ix_payment_operations_open", "updated_at", postgresql_where=text("status IN ('requested', 'unknown')")),
)

refunds = Table(
    "refunds",
    metadata,
    key(),
    ref("payment_id", "payments.id"),
    ref("order_id", "orders.id"),
    ref("requested_by", nullable=True),
    money("amount_minor"),
    currency(),
    Column("reason", String(255)),
    Column("reason_code", String(40), nullable=False),
    Column("target", String(20), nullable=False, server_default="original"),
    Column("status", String(20), nullable=False, server_default="requested"),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    at("next_attempt_at"),
    ref("decided_by", nullable=True),
    Column("decision_note", String(255)),
    Column("cause_type", String(20), nullable=False),
    ref("cause_id"),
    Column("version", Integer, nullable=False, server_default=text("1")),
    *timestamps(),
    one_of("status", "requested", "approved", "rejected", "processing", "succeeded", "failed"),
    check("amount", "amount_minor > 0"),
    UniqueConstraint("cause_type", "cause_id"),
    Index("ix_refunds_order_id", "order_id"),
    Index("ix_refunds_payment_id", "payment_id"),
    Index("ix_refunds_created_at", "created_at", "id"),
    Index("ix_refunds_due", "next_attempt_at", postgresql_where=text("status IN ('approved', 'processing')")),
)

provider_events = Table(
    "provider_events",
    metadata,
    Column("provider", String(50), nullable=False),
    Column("provider_event_id", String(255), nullable=False),
    at("received_at", nullable=False, now=True),
    at("handled_at"),
    Column("outcome", String(40)),
    PrimaryKeyConstraint("provider", "provider_event_id"),
)
