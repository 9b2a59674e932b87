"""Passwords: hashed by argon2id (19 MiB, two passes), refused when easy to guess.

Both run in a bounded thread pool, never on the event loop (R-USR-11).
"""

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from api.errors import Unavailable, ValidationFailed

THREADS = 2
MOST_WAITING = 64
LEAST_GUESSES = 10**6
"""What a password must withstand: fewer are tried within a day in spite of the limits on sign-ins."""
CONTEXT = ("atlantic", "shop", "shopper", "seller", "operator", "admin", "dashboard")
"""Words of ours that make a password no harder to guess."""
_READ = 64  # characters; the estimate takes time by their square

T = TypeVar("T")

hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="argon2")
_waiting = 0

NOBODY = hasher.hash("a password that nobody has")
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
    return await _in_thread(lambda: hasher.hash(password))


async def matches(password_hash: str, password: str) -> bool:
    """Whether the password is the one of the hash; takes as long for NOBODY."""
    return await _in_thread(lambda: _matches(password_hash, password)) and password_hash != NOBODY


def _matches(password_hash: str, password: str) -> bool:
    try:
        return hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


async def require_strong(password: str, field: str, *about: str) -> None:
    """ValidationFailed for a password that is widely used, a pattern, or made of words about us or its owner.

    The estimate knows the 30,000 passwords that leaked most often; no kind of character is asked for.
    """
    if said := await _in_thread(lambda: _weakness(password, about)):
        raise ValidationFailed(errors=[{"field": field, "message": said, "code": "password_weak"}])


def _weakness(password: str, about: tuple[str, ...]) -> str:
    words = {part for text in about for part in (text, *re.split(r"[^\w]+", text)) if len(part) > 2}
    found = zxcvbn(password[:_READ], user_inputs=[*CONTEXT, *words])
    if len(password) > _READ or found["guesses"] >= LEAST_GUESSES:
        return ""
    hint = found["feedback"]["warning"] or "It is made of words that are easy to guess."
    return f"is too easy to guess: {hint} Several words that have nothing to do with each other are hard to guess."
