"""Password hashes: argon2id, 19 MiB, two passes; in a bounded thread pool, never on the event loop (R-USR-11)."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from api.errors import Unavailable

THREADS = 2
MOST_WAITING = 64

T = TypeVar("T")

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="argon2")
_waiting = 0

NOBODY = _hasher.hash("a password that nobody has")
"""What an unknown account's password is checked against, so that the answer takes the same time."""


async def _in_thread(call: Callable[[], T]) -> T:
    global _waiting  # noqa: PLW0603 - one pool, one queue, one count
    if _waiting >= MOST_WAITING:
        raise Unavailable("Too many sign-ins at once; try again.", retry_after=2)
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads, call)
    finally:
        _waiting -= 1


async def hashed(password: str) -> str:
    """The argon2id hash of a password; Unavailable when too many wait."""
    return await _in_thread(lambda: _hasher.hash(password))


async def matches(password_hash: str, password: str) -> bool:
    """Whether the password is the one of the hash; takes as long for NOBODY."""
    return await _in_thread(lambda: _matches(password_hash, password)) and password_hash != NOBODY


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
