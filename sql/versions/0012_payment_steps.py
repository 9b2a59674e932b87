"""What a shopper still has to do before a payment is decided, and where the gateway sends them afterwards."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; both are empty for every payment there is, so no row is written."""
    op.execute("ALTER TABLE payments ADD COLUMN next_action JSONB")
    op.execute("ALTER TABLE payments ADD COLUMN return_url VARCHAR(500)")


def downgrade() -> None:
    """Drop them."""
    op.execute("ALTER TABLE payments DROP COLUMN return_url")
    op.execute("ALTER TABLE payments DROP COLUMN next_action")
