"""An index for the list of accounts in the order they were opened; built while the shop sells."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Build it without holding up registrations; a build that was broken off is begun anew."""
    with op.get_context().autocommit_block():
        op.execute("SET statement_timeout = 0")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_users_created_at")
        op.execute("CREATE INDEX CONCURRENTLY ix_users_created_at ON users (created_at, id)")
        op.execute("RESET statement_timeout")


def downgrade() -> None:
    """Drop it."""
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_users_created_at")
