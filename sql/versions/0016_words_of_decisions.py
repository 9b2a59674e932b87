"""What whoever took returned goods, or decided on a refund, wrote about it to the shopper."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; both are empty in every row there is, so no row is written."""
    op.execute("ALTER TABLE order_returns ADD COLUMN reception_note VARCHAR(255)")
    op.execute("ALTER TABLE refunds ADD COLUMN decision_note VARCHAR(255)")


def downgrade() -> None:
    """Drop them."""
    op.execute("ALTER TABLE refunds DROP COLUMN decision_note")
    op.execute("ALTER TABLE order_returns DROP COLUMN reception_note")
