"""What orders are charged for their shipping, what of it a return gives back, and tariffs found by their seller."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Orders and returns that are there have no shipping; a constant default rewrites no table."""
    op.execute("ALTER TABLE orders ADD COLUMN shipping_options JSONB DEFAULT '[]' NOT NULL")
    op.execute("ALTER TABLE order_returns ADD COLUMN shipping JSONB DEFAULT '{}' NOT NULL")
    op.execute("CREATE INDEX ix_shipping_rates_seller_id ON shipping_rates (seller_id, currency) WHERE active")


def downgrade() -> None:
    """Forget them."""
    op.execute("DROP INDEX ix_shipping_rates_seller_id")
    op.drop_column("order_returns", "shipping")
    op.drop_column("orders", "shipping_options")
