"""Migration steps that need an address from the environment: PostgreSQL by Alembic, Kafka's topics."""

import os

from alembic import command
from alembic.config import Config

from stack.home import CHECKOUT
from streams.topics import ensure


def postgres() -> None:
    """Alembic to the newest revision of `sql/`, on ATLANTIC_POSTGRES_DSN."""
    command.upgrade(Config(CHECKOUT / "sql" / "alembic.ini"), "head")


def topics() -> None:
    """Create the topics that are missing."""
    ensure(os.environ["ATLANTIC_KAFKA_BOOTSTRAP"], prefix=os.environ.get("ATLANTIC_TOPIC_PREFIX", ""))
