"""The core's first tables: one SQL file a domain, in the order of their references."""

from alembic import op

from sql.scripts import drop_tables, run_folder

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables, their indexes and the guards of the books."""
    run_folder("0001_core")


def downgrade() -> None:
    """Drop them, newest first."""
    drop_tables("0001_core")
    op.execute("DROP FUNCTION refuse_change(), refuse_imbalance()")
