"""Reads the body of a click request: one click, an array, or a click a line, plain or compressed, within bounds."""

import json
import zlib
from collections.abc import Sequence

import msgspec

from api.errors import PayloadTooLarge, UnsupportedMediaType, ValidationFailed
from api.middleware import BODY_LIMIT

MOST_CLICKS = 500

_array = msgspec.json.Decoder(list[msgspec.Raw])
_one = msgspec.json.Decoder(msgspec.Raw)


def unpacked(body: bytes, encoding: str) -> bytes:
    """The body as it was before compression; PayloadTooLarge, UnsupportedMediaType, ValidationFailed."""
    if encoding in ("", "identity"):
        return body
    if encoding != "gzip":
        raise UnsupportedMediaType("Content-Encoding may be gzip.")
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        plain = inflater.decompress(body, BODY_LIMIT + 1)
    except zlib.error as error:
        raise _wrong("is no gzip, although Content-Encoding says so") from error
    if len(plain) > BODY_LIMIT:
        raise PayloadTooLarge(f"The body unpacks to more than {BODY_LIMIT} bytes.", limit=BODY_LIMIT)
    if not inflater.eof:
        raise _wrong("is cut off: the gzip stream does not end")
    if inflater.unused_data:
        raise _wrong("has more behind the end of the gzip stream: send one stream")
    return plain


def clicks(body: bytes) -> Sequence[bytes | msgspec.Raw]:
    """The clicks of a body, unread; ValidationFailed for what is no JSON at all, PayloadTooLarge beyond 500."""
    text = body.strip()
    if not text:
        raise _wrong("is empty: send a click, an array of clicks, or a click a line")
    found = _several(text) if text.startswith(b"[") else _lines(text)
    if len(found) > MOST_CLICKS:
        raise PayloadTooLarge(f"{len(found)} clicks in one call; send at most {MOST_CLICKS}.", limit=MOST_CLICKS)
    return found


def _several(text: bytes) -> Sequence[bytes | msgspec.Raw]:
    try:
        return _array.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return _leniently(text, error)


def _leniently(text: bytes, error: Exception) -> list[bytes]:
    """One half of a surrogate pair or a NaN costs its own click, not the whole array: browsers do send such halves."""
    try:
        return [json.dumps(item).encode() for item in json.loads(text)]
    except (ValueError, RecursionError):
        raise _wrong(f"is no JSON: {error}") from error


def _lines(text: bytes) -> Sequence[bytes | msgspec.Raw]:
    try:
        return [_one.decode(text)]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        lines = [line for line in text.split(b"\n") if line.strip()]
        if len(lines) == 1 or not text.startswith(b"{"):
            raise _wrong(f"is no JSON: {error}") from error
        return lines


def _wrong(message: str) -> ValidationFailed:
    return ValidationFailed(errors=[{"field": "body", "message": message, "code": "body"}])
