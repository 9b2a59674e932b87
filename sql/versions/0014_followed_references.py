"""Indexes for references that are followed backwards; built while the shop sells.

The offers of a sheet, which the page of each of its products counts; the refunds of a payment, which are added up
before there is another one; the top-ups of a wallet, which are looked at before its owner is erased.
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_products_spec_id": "products (spec_id) WHERE spec_id IS NOT NULL",
    "ix_refunds_payment_id": "refunds (payment_id)",
    "ix_top_ups_wallet_id": "top_ups (wallet_id)",
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
