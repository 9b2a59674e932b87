"""Signatures of webhooks: HMAC-SHA256 over id, time and raw body, in the headers of Standard Webhooks (R-PAY-7)."""

from base64 import b64encode
from collections.abc import Mapping
from hmac import compare_digest, digest
from time import time

from api.errors import SignatureInvalid

TOLERANCE_S = 300
MOST_DIGITS = 12  # longer ones break arithmetic with clocks; these last beyond the year 30,000


def sign(secret: str | bytes, event_id: str, body: bytes, *, at: int | None = None) -> dict[str, str]:
    """The headers of a webhook that is sent at `at` (epoch seconds, default now)."""
    moment = str(int(time()) if at is None else at)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": moment,
        "webhook-signature": _signature(secret, event_id, moment, body),
    }


def check(secret: str, headers: Mapping[str, str], body: bytes) -> str:
    """The event id of a webhook; SignatureInvalid when a header lacks, the time is off, or no signature is right."""
    try:
        event_id, moment, given = (headers[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
    except KeyError as error:
        raise SignatureInvalid(f"The header {error.args[0]} is missing.") from None
    if len(moment) > MOST_DIGITS or not moment.isdecimal() or abs(time() - int(moment)) > TOLERANCE_S:
        raise SignatureInvalid("The webhook-timestamp is more than 300 seconds off.")
    right = _signature(secret, event_id, moment, body).encode()
    if not any(compare_digest(right, one.encode()) for one in given.split()):
        raise SignatureInvalid
    return event_id


def _signature(secret: str | bytes, event_id: str, moment: str, body: bytes) -> str:
    signed = b".".join((event_id.encode(), moment.encode(), body))
    return "v1," + b64encode(digest(secret.encode() if isinstance(secret, str) else secret, signed, "sha256")).decode()
