"""The migrations build the tables that the code knows."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from api.tables import metadata


def test_the_migrations_build_the_tables_of_the_models(pg: str) -> None:
    """Tables, columns, types, keys and indexes are the same on both sides."""
    engine = create_engine(pg.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, metadata)
    engine.dispose()
    assert not differences
