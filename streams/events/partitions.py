"""Which partition an aggregate's events stand in: the same answer for every writer."""

from uuid import UUID
from zlib import crc32

PARTITIONS = 4
LINES_PER_MESSAGE = 500


def partition_of(aggregate_id: UUID) -> int:
    """Partition 0..PARTITIONS-1 of an aggregate (of a session, for clicks)."""
    return crc32(aggregate_id.bytes) % PARTITIONS
