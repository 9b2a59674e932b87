"""The link that ends messages without signing in: a signed name of the reader, good for nothing else (R-NOT-5)."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from hmac import compare_digest, digest
from urllib.parse import urlencode
from uuid import UUID

PATH = "/v1/notifications/unsubscribe"
_ID_BYTES, _SIGNATURE_BYTES = 16, 16
_PURPOSE = b"unsubscribe\x1f"


def _signature(secret: str, user: bytes) -> bytes:
    return digest(secret.encode(), _PURPOSE + user, "sha256")[:_SIGNATURE_BYTES]


def unsubscribe_url(public_url: str, secret: str, user_id: UUID) -> str:
    """Where a reader ends marketing messages with one click."""
    token = urlsafe_b64encode(user_id.bytes + _signature(secret, user_id.bytes)).decode().rstrip("=")
    return f"{public_url.rstrip('/')}{PATH}?{urlencode({'token': token})}"


def reader_of(token: str, secret: str) -> UUID | None:
    """Whose link it is; None for one that is not ours."""
    try:
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (Base64Error, ValueError):
        return None
    user, signature = raw[:_ID_BYTES], raw[_ID_BYTES:]
    genuine = len(user) == _ID_BYTES and compare_digest(signature, _signature(secret, user))
    return UUID(bytes=user) if genuine else None
