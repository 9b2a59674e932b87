"""Codes of authenticator apps (RFC 6238) and recovery codes; what they are made of is kept encrypted or hashed."""

import os
from base64 import b32encode
from hashlib import sha256
from hmac import compare_digest, digest
from secrets import token_bytes
from time import time
from uuid import UUID

import pyotp
import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

STEP_S = 30
GRACE = 1
"""Steps to either side that count too: clocks of telephones are a little off, and typing takes its time."""
RECOVERY_CODES = 10
_RECOVERY_BYTES, _GROUP = 15, 4  # 120 random bits are too many to try, so that a plain hash will do
_NONCE = 12

log = structlog.get_logger()


class Authenticator:
    """Draws secrets of accounts and checks codes against them; `secret` is the platform's, out of the environment."""

    def __init__(self, secret: str) -> None:
        self._cipher = AESGCM(digest(secret.encode(), b"second factor", "sha256"))

    def draw(self, user_id: UUID) -> tuple[str, bytes]:
        """A new secret: in base32 for the owner's app, and encrypted to be kept."""
        secret, nonce = pyotp.random_base32(), os.urandom(_NONCE)
        return secret, nonce + self._cipher.encrypt(nonce, secret.encode(), user_id.bytes)

    def step(self, user_id: UUID, kept: bytes, code: str, *, after: int | None) -> int | None:
        """The time step of a right code that was not used yet (`after` is the step of the last one), else None.

        None too of what was kept under another secret of the platform: codes count no more, recovery codes do.
        """
        try:
            app = pyotp.TOTP(self._opened(user_id, kept), interval=STEP_S)
        except InvalidTag:
            log.error("a second factor was kept under another ATLANTIC_SECOND_FACTOR_SECRET", user_id=str(user_id))
            return None
        now, first = int(time()) // STEP_S, -1 if after is None else after
        right = [n for n in range(now - GRACE, now + GRACE + 1) if compare_digest(app.generate_otp(n), code)]
        return max((step for step in right if step > first), default=None)

    def _opened(self, user_id: UUID, kept: bytes) -> str:
        return self._cipher.decrypt(kept[:_NONCE], kept[_NONCE:], user_id.bytes).decode()


def uri(secret: str, email: str) -> str:
    """What an app reads out of a picture: the secret, whose it is and for what."""
    return pyotp.TOTP(secret, interval=STEP_S).provisioning_uri(name=email, issuer_name="Atlantic")


def recovery_codes() -> list[str]:
    """Ten new codes, each good for one time without the app."""
    return [_grouped(b32encode(token_bytes(_RECOVERY_BYTES)).decode().lower()) for _ in range(RECOVERY_CODES)]


def hashed(recovery_code: str) -> str:
    """How a recovery code is kept, however it was typed."""
    return sha256(recovery_code.replace("-", "").lower().encode()).hexdigest()


def _grouped(text: str) -> str:
    return "-".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))
