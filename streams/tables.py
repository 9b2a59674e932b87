"""Stream tables in memory: typed values by key, the partition each belongs to, and which of them changed."""

from collections.abc import Iterator, Mapping
from typing import Generic, NamedTuple, TypeVar

import msgspec

V = TypeVar("V", bound=msgspec.Struct)

_encoder = msgspec.json.Encoder()


class Change(NamedTuple):
    """What has to be written of one key: its value as JSON, or None when it is gone."""

    partition: int
    key: str
    value: bytes | None


class Table(Generic[V]):
    """Values by key. The reducers write here as often as they like; `changes` hands out each changed key once."""

    def __init__(self, name: str, kind: type[V], says: str) -> None:
        self.name = name
        self.kind = kind
        self.says = says
        self.values: dict[str, V] = {}
        self.partitions: dict[str, int] = {}
        self._changed: set[str] = set()

    def __len__(self) -> int:
        return len(self.values)

    def get(self, key: str) -> V | None:
        """The value of a key; change it only by handing it to `put` afterwards."""
        return self.values.get(key)

    def put(self, key: str, value: V, partition: int) -> None:
        """Set a value. A key keeps the partition in which it was first seen."""
        self.values[key] = value
        self.partitions.setdefault(key, partition)
        self._changed.add(key)

    def drop(self, key: str) -> None:
        """Forget a key."""
        if self.values.pop(key, None) is not None:
            self._changed.add(key)

    def changes(self) -> Iterator[Change]:
        """Every key that changed since the last call, encoded as it is now."""
        changed, self._changed = self._changed, set()
        for key in changed:
            value = self.values.get(key)
            partition = self.partitions[key] if value is not None else self.partitions.pop(key)
            yield Change(partition, key, None if value is None else _encoder.encode(value))

    def load(self, stored: Mapping[str, bytes], partitions: Mapping[str, int]) -> None:
        """Become what was stored; changes that were not handed out are forgotten."""
        decode = msgspec.json.Decoder(self.kind).decode
        self.values = {key: decode(value) for key, value in stored.items()}
        self.partitions = {key: partitions[key] for key in stored}
        self._changed = set()
