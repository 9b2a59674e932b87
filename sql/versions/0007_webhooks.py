"""Where sellers' own systems want to be told, and what was delivered there."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.execute("""
CREATE TABLE webhook_endpoints (
  id UUID NOT NULL,
  seller_id UUID NOT NULL,
  url VARCHAR(2000) NOT NULL,
  secret VARCHAR(80) NOT NULL,
  events TEXT[] NOT NULL,
  status VARCHAR(20) DEFAULT 'active' NOT NULL,
  disabled_reason VARCHAR(60),
  failing_since TIMESTAMP WITH TIME ZONE,
  version INTEGER DEFAULT 1 NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_webhook_endpoints PRIMARY KEY (id),
  CONSTRAINT ck_webhook_endpoints_status CHECK (status IN ('active', 'disabled', 'deleted')),
  CONSTRAINT fk_webhook_endpoints_seller_id FOREIGN KEY(seller_id) REFERENCES sellers (id)
)""")
    op.execute("CREATE INDEX ix_webhook_endpoints_seller_id ON webhook_endpoints (seller_id) WHERE status <> 'deleted'")
    op.execute("""
CREATE TABLE webhook_deliveries (
  id UUID NOT NULL,
  endpoint_id UUID NOT NULL,
  event_id UUID NOT NULL,
  event VARCHAR(60) NOT NULL,
  body TEXT NOT NULL,
  status VARCHAR(20) DEFAULT 'pending' NOT NULL,
  attempts INTEGER DEFAULT 0 NOT NULL,
  next_attempt_at TIMESTAMP WITH TIME ZONE,
  last_status INTEGER,
  last_error VARCHAR(255),
  delivered_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_webhook_deliveries PRIMARY KEY (id),
  CONSTRAINT uq_webhook_deliveries_endpoint_id_event_id UNIQUE (endpoint_id, event_id),
  CONSTRAINT ck_webhook_deliveries_status CHECK (status IN ('pending', 'delivered', 'failed')),
  CONSTRAINT fk_webhook_deliveries_endpoint_id FOREIGN KEY(endpoint_id) REFERENCES webhook_endpoints (id)
)""")
    op.execute(
        "CREATE INDEX ix_webhook_deliveries_due ON webhook_deliveries (next_attempt_at) WHERE status = 'pending'"
    )
    op.execute("CREATE INDEX ix_webhook_deliveries_endpoint_id ON webhook_deliveries (endpoint_id, created_at, id)")
    op.execute("CREATE INDEX ix_webhook_deliveries_created_at ON webhook_deliveries (created_at)")


def downgrade() -> None:
    """Drop them."""
    op.drop_table("webhook_deliveries")
    op.drop_table("webhook_endpoints")
