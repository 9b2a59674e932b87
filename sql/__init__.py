"""PostgreSQL migrations (Alembic) and the data team's ClickHouse cookbook."""
