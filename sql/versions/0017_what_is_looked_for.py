"""Indexes for what requests look for beside the keys; built while the shop sells.

The parcels and returns of an order, of which the indexes until now knew the live ones alone; a seller's lines in the
ledger; a payer's payments and a buyer's carts and complaints; operations by their day, and those that are not settled;
the trail by time; and the staff among all accounts.
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_shipments_order_id": "shipments (order_id)",
    "ix_order_returns_order_id": "order_returns (order_id)",
    "ix_journal_lines_seller_id": "journal_lines (seller_id, account) WHERE seller_id IS NOT NULL",
    "ix_payments_user_id": "payments (user_id)",
    "ix_payment_operations_occurred_at": "payment_operations (occurred_at)",
    "ix_payment_operations_open": "payment_operations (updated_at) WHERE status IN ('requested', 'unknown')",
    "ix_top_ups_created_at": "top_ups (created_at)",
    "ix_carts_user_id": "carts (user_id)",
    "ix_complaints_user_id": "complaints (user_id)",
    "ix_reviews_author": "reviews (user_id)",
    "ix_audit_trail_created_at": "audit_trail (created_at, id)",
    "ix_users_staff": "users (id) WHERE roles && '{operator,admin}' AND erased_at IS NULL",
}


def upgrade() -> None:
    """Build them without holding anybody up; a build that was broken off is begun anew."""
    with op.get_context().autocommit_block():
        op.execute("SET statement_timeout = 0")
        for name, what in _INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY {name} ON {what}")
        op.execute("RESET statement_timeout")


def downgrade() -> None:
    """Drop them."""
    with op.get_context().autocommit_block():
        for name in _INDEXES:
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
