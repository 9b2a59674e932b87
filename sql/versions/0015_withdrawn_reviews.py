"""An index for reviews that their authors took back: a new one follows the last of them in being shown or hidden."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Build it without holding anybody up; a build that was broken off is begun anew."""
    with op.get_context().autocommit_block():
        op.execute("SET statement_timeout = 0")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_reviews_withdrawn")
        op.execute(
            "CREATE INDEX CONCURRENTLY ix_reviews_withdrawn ON reviews (user_id, product_id, created_at, id) "
            "WHERE deleted_at IS NOT NULL"
        )
        op.execute("RESET statement_timeout")


def downgrade() -> None:
    """Drop it."""
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_reviews_withdrawn")
