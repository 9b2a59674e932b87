"""What an account is asked for beside its password, and the codes that stand in for it."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create both tables; no account has a second factor until its owner turns it on."""
    op.execute("""
CREATE TABLE second_factors (
  user_id UUID NOT NULL,
  secret BYTEA NOT NULL,
  confirmed_at TIMESTAMP WITH TIME ZONE,
  last_step BIGINT,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_second_factors PRIMARY KEY (user_id),
  CONSTRAINT fk_second_factors_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
)""")
    op.execute("""
CREATE TABLE recovery_codes (
  user_id UUID NOT NULL,
  code_hash VARCHAR(64) NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_recovery_codes PRIMARY KEY (user_id, code_hash),
  CONSTRAINT fk_recovery_codes_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
)""")


def downgrade() -> None:
    """Drop them: whoever had a second factor signs in by the password alone."""
    op.drop_table("recovery_codes")
    op.drop_table("second_factors")
