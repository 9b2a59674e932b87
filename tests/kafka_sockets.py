"""kafka-python's unfinished connections, which pytest would hold against the test that happens to run.

A client of 3.0 that is closed while it connects drops the coroutine that does so, and with it the socket: nobody but
the garbage collector closes it. That does no harm, but gives a ResourceWarning. Every other socket that is left open
still ends a run.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from kafka.net.inet import KafkaNetSocket


class _Dropped(socket.socket):
    """Closed without a word when nobody holds it any more."""

    def __del__(self) -> None:
        self.close()


@contextmanager
def dropped_in_silence() -> Iterator[None]:
    """Within the block, kafka-python's sockets may be dropped."""

    def made(_self: KafkaNetSocket, *kind: Any) -> socket.socket:
        return _Dropped(*kind)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(KafkaNetSocket, "socket", made)
        yield
