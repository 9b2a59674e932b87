"""What is not a Python package: fetched once by name, version and hash, and kept outside the checkout."""

from stack.artifacts.cache import ArtifactError, install
from stack.artifacts.catalogue import (
    clickhouse_library,
    java,
    kafka_classpath,
    meilisearch_binary,
    postgres_bin,
    valkey_binary,
)

__all__ = [
    "ArtifactError",
    "clickhouse_library",
    "install",
    "java",
    "kafka_classpath",
    "meilisearch_binary",
    "postgres_bin",
    "valkey_binary",
]
