"""Complaints, wallets, payouts, tariffs, pictures of products, and the trail of what operators did."""

from alembic import op

from sql.scripts import drop_tables, run_folder

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; a payment may belong to a wallet."""
    run_folder("0003_after_sale")


def downgrade() -> None:
    """Drop them, newest first."""
    op.drop_column("payments", "wallet_id")
    drop_tables("0003_after_sale")
