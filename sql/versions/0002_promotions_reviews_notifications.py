"""Promotions and their uses, reviews, messages and what shoppers want of them."""

from alembic import op

from sql.scripts import drop_tables, run_folder

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables, and room on order lines for what the platform pays of a discount."""
    run_folder("0002_promotions_reviews_notifications")


def downgrade() -> None:
    """Drop them, newest first."""
    drop_tables("0002_promotions_reviews_notifications")
    op.drop_column("order_items", "platform_discount_minor")
