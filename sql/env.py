"""Alembic's environment: one connection, time-outs on locks and statements, one migration a transaction."""

import os

from alembic import context
from sqlalchemy import NullPool, create_engine, text

from api.tables import metadata

BOUNDS = ("SET lock_timeout = '5s'", "SET statement_timeout = '60s'")


def _url() -> str:
    dsn = context.config.get_main_option("sqlalchemy.url") or os.environ["ATLANTIC_POSTGRES_DSN"]
    return dsn.replace("postgresql://", "postgresql+psycopg://", 1)


def _offline() -> None:
    context.configure(
        dialect_name="postgresql", target_metadata=metadata, literal_binds=True, transaction_per_migration=True
    )
    for bound in BOUNDS:
        context.execute(bound)
    with context.begin_transaction():
        context.run_migrations()


def _online() -> None:
    with create_engine(_url(), poolclass=NullPool).connect() as connection:
        for bound in BOUNDS:
            connection.execute(text(bound))
        connection.commit()
        context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    _offline()
else:
    _online()
