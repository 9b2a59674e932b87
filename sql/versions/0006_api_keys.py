"""Keys by which sellers' own systems call the API."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.execute("""
CREATE TABLE api_keys (
  id UUID NOT NULL,
  seller_id UUID NOT NULL,
  user_id UUID NOT NULL,
  name VARCHAR(100) NOT NULL,
  hint VARCHAR(12) NOT NULL,
  key_hash VARCHAR(64) NOT NULL,
  scopes TEXT[] NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE,
  last_used_at TIMESTAMP WITH TIME ZONE,
  revoked_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_api_keys PRIMARY KEY (id),
  CONSTRAINT uq_api_keys_key_hash UNIQUE (key_hash),
  CONSTRAINT fk_api_keys_seller_id FOREIGN KEY(seller_id) REFERENCES sellers (id),
  CONSTRAINT fk_api_keys_user_id FOREIGN KEY(user_id) REFERENCES users (id)
)""")
    op.execute("CREATE INDEX ix_api_keys_seller_id ON api_keys (seller_id, created_at, id)")


def downgrade() -> None:
    """Drop it."""
    op.drop_table("api_keys")
