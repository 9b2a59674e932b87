"""One-time codes: in Redis alone, hashed, for five minutes, five wrong ones in a quarter of an hour (R-USR-7)."""

import secrets
from collections.abc import Awaitable
from dataclasses import dataclass
from hmac import digest
from math import ceil
from typing import Literal
from uuid import UUID

from api.cache import Cache
from api.errors import OtpAttemptsExhausted, OtpInvalid, Unavailable

Kind = Literal["email", "phone", "password_reset"]

DIGITS = 6
LIFE_S = 5 * 60
MOST_WRONG, COUNTED_S = 5, 15 * 60

# Looking, counting and using up are one step, so that codes tried side by side are counted one by one.
_CHECK = """
local wrong = tonumber(redis.call('GET', KEYS[2]) or '0')
if wrong >= tonumber(ARGV[2]) then return {'exhausted', redis.call('PTTL', KEYS[2])} end
if redis.call('GET', KEYS[1]) == ARGV[1] then
    if ARGV[4] == 'use' then redis.call('DEL', KEYS[1], KEYS[2]) end
    return {'right', 0}
end
wrong = redis.call('INCR', KEYS[2])
if wrong == 1 then redis.call('EXPIRE', KEYS[2], ARGV[3]) end
return {'wrong', tonumber(ARGV[2]) - wrong}
"""


@dataclass(frozen=True)
class Purpose:
    """What a code is good for: one kind of proof, of one user, at the address it was sent to and no other."""

    user_id: UUID
    kind: Kind
    address: str


class Codes:
    """Issues codes and checks them; Unavailable while Redis is away (R-USR-10)."""

    def __init__(self, cache: Cache, secret: str) -> None:
        self._cache = cache
        self._secret = secret.encode()

    async def issue(self, purpose: Purpose) -> str:
        """A new code, to be sent and forgotten; it takes the place of the one before."""
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        if not await self._cache.put({_key(purpose): self._hash(purpose, code)}, LIFE_S):
            raise _away()
        return code

    async def check(self, purpose: Purpose, code: str, *, use: bool) -> None:
        """Nothing when the code is right, which uses it up if asked; OtpInvalid, OtpAttemptsExhausted."""
        if not self._cache.available:
            raise _away()
        args = (self._hash(purpose, code), str(MOST_WRONG), str(COUNTED_S), "use" if use else "keep")
        call: Awaitable[list[bytes | int]] = self._cache.redis.eval(_CHECK, 2, _key(purpose), _count(purpose), *args)
        found = await self._cache.attempt(call)
        if found is None:
            raise _away()
        if found[0] == b"exhausted":
            wait = max(1, ceil(int(found[1]) / 1000))
            raise OtpAttemptsExhausted(retry_after=wait, retry_after_s=wait)
        if found[0] != b"right":
            raise OtpInvalid(attempts_left=int(found[1]))

    def stranger(self, email: str) -> UUID:
        """The id under which codes for an address without account are counted: it is answered like any other."""
        return UUID(bytes=digest(self._secret, f"nobody\x1f{email}".encode(), "sha256")[:16])

    def _hash(self, purpose: Purpose, code: str) -> bytes:
        # Keyed: a million codes are tried in no time by whoever reads Redis.
        text = "\x1f".join(("code", str(purpose.user_id), purpose.kind, purpose.address, code))
        return digest(self._secret, text.encode(), "sha256").hex().encode()


def _key(purpose: Purpose) -> str:
    return f"otp:{purpose.user_id}:{purpose.kind}"


def _count(purpose: Purpose) -> str:
    return f"otp_attempts:{purpose.user_id}:{purpose.kind}"


def _away() -> Unavailable:
    return Unavailable("One-time codes are not available at the moment; try again.", retry_after=5)
