"""Every published fact of an order, kept beside it: what its timeline is read from."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; what is deleted with an order is said by a trigger.

    A foreign key would have the relay wait for everybody who holds an order's row.
    """
    op.execute("""
CREATE TABLE order_facts (
  order_id UUID NOT NULL,
  id BIGINT NOT NULL,
  tx BIGINT NOT NULL,
  recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
  lines BYTEA STORAGE EXTERNAL NOT NULL,
  CONSTRAINT pk_order_facts PRIMARY KEY (order_id, id)
) WITH (toast_tuple_target = 8160)""")
    op.execute("""
CREATE FUNCTION forget_order_facts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM order_facts WHERE order_id IN (SELECT id FROM gone);
  RETURN NULL;
END $$""")
    op.execute("""
CREATE TRIGGER forget_facts AFTER DELETE ON orders
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION forget_order_facts()""")


def downgrade() -> None:
    """Drop both."""
    op.execute("DROP TRIGGER forget_facts ON orders")
    op.execute("DROP FUNCTION forget_order_facts")
    op.drop_table("order_facts")
