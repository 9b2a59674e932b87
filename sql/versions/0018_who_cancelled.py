"""Who cancelled an order: what others wrote about it is not the shopper's own, whatever reason they gave."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; no row is written: of orders that were cancelled before, nobody says who it was."""
    op.execute("ALTER TABLE orders ADD COLUMN cancelled_by VARCHAR(20)")


def downgrade() -> None:
    """Drop it."""
    op.execute("ALTER TABLE orders DROP COLUMN cancelled_by")
