"""Full text of products, for searches while the index is away; the index of it is built while the shop sells."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the document of a product, and its index; a build that was broken off is begun anew.

    A list's text is not immutable to PostgreSQL, as that of other types may change; that of texts does not.
    """
    op.execute("""
CREATE OR REPLACE FUNCTION product_words(name TEXT, brand TEXT, keywords TEXT[], description TEXT) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT setweight(to_tsvector('pg_catalog.simple', coalesce(name, '')), 'A')
      || setweight(to_tsvector('pg_catalog.simple', coalesce(brand, '')), 'B')
      || setweight(to_tsvector('pg_catalog.simple', coalesce(array_to_string(keywords, ' '), '')), 'B')
      || setweight(to_tsvector('pg_catalog.simple', coalesce(description, '')), 'D')
$$""")
    with op.get_context().autocommit_block():
        op.execute("SET statement_timeout = 0")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_products_words")
        op.execute(
            "CREATE INDEX CONCURRENTLY ix_products_words ON products "
            "USING gin (product_words(name, brand, keywords, description))"
        )
        op.execute("RESET statement_timeout")


def downgrade() -> None:
    """Drop both."""
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_products_words")
    op.execute("DROP FUNCTION IF EXISTS product_words")
