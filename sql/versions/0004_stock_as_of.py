"""An index for asking what the stock was at a time; built while the shop sells."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Build it without holding up movements; a build that was broken off is begun anew."""
    with op.get_context().autocommit_block():
        op.execute("SET statement_timeout = 0")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_stock_movements_as_of")
        op.execute("CREATE INDEX CONCURRENTLY ix_stock_movements_as_of ON stock_movements (inventory_id, occurred_at)")
        op.execute("RESET statement_timeout")


def downgrade() -> None:
    """Drop it."""
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_stock_movements_as_of")
