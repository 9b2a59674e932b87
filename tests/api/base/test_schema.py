"""The migrations build the tables that the code knows."""

import psycopg
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from api.tables import metadata

# Followed from the row that holds it alone: what it refers to is never deleted, and nobody asks from there.
ONE_WAY = {
    ("api_keys", "user_id"), ("cart_items", "product_id"), ("complaints", "order_item_id"),
    ("journal_entries", "reverses"), ("payments", "wallet_id"), ("product_specs", "created_by"),
    ("reviews", "order_item_id"), ("reviews", "seller_id"),
}  # fmt: skip
# The rows that count have an index; the others are asked for by nobody, or are few.
LIVE_ALONE = {("reviews", "product_id"), ("shipping_rates", "seller_id"), ("webhook_endpoints", "seller_id")}


def test_the_migrations_build_the_tables_of_the_models(pg: str) -> None:
    """Tables, columns, types, keys and indexes are the same on both sides."""
    engine = create_engine(pg.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, metadata)
    engine.dispose()
    assert not differences


def test_references_that_are_followed_backwards_have_an_index(pg: str) -> None:
    """Else the rows of one are found by reading those of all; an index of some rows knows nothing of the others."""
    without_index = """
    SELECT conrelid::regclass::text, attname FROM pg_constraint c
    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    WHERE contype = 'f'
      AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1]
                      AND coalesce(pg_get_expr(i.indpred, i.indrelid), '') IN ('', format('(%I IS NOT NULL)', attname)))
    """
    with psycopg.connect(pg) as connection:
        assert set(connection.execute(without_index)) == ONE_WAY | LIVE_ALONE
