"""The five servers, each one class with the interface of `stack.part.Part`."""

from stack.part import Part
from stack.servers.clickhouse import ClickHouse
from stack.servers.kafka import Kafka
from stack.servers.meilisearch import Meilisearch
from stack.servers.postgres import Postgres
from stack.servers.valkey import Valkey

SERVERS: tuple[type[Part], ...] = (Postgres, Valkey, Kafka, ClickHouse, Meilisearch)

__all__ = ["SERVERS", "ClickHouse", "Kafka", "Meilisearch", "Postgres", "Valkey"]
