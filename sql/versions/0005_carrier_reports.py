"""Carriers' reports on parcels whose tracking number nobody has told yet."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.execute("""
CREATE TABLE carrier_reports (
  id UUID NOT NULL,
  carrier VARCHAR(50) NOT NULL,
  tracking_number VARCHAR(100) NOT NULL,
  provider_event_id VARCHAR(255) NOT NULL,
  status VARCHAR(30) NOT NULL,
  location VARCHAR(255),
  occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_carrier_reports PRIMARY KEY (id),
  CONSTRAINT uq_carrier_reports_carrier_provider_event_id UNIQUE (carrier, provider_event_id)
)""")
    op.execute("CREATE INDEX ix_carrier_reports_tracking_number ON carrier_reports (carrier, tracking_number)")


def downgrade() -> None:
    """Drop it."""
    op.drop_table("carrier_reports")
