"""Webhooks are taken only with the provider's own fresh signature (R-PAY-7)."""

import time

import pytest

from api.errors import SignatureInvalid
from api.signatures import TOLERANCE_S, check, sign

SECRET, BODY = "a secret of the gateway", b'{"idempotency_ref":"charge:1"}'


def test_a_signed_webhook_gives_its_event() -> None:
    assert check(SECRET, sign(SECRET, "evt_1", BODY), BODY) == "evt_1"


@pytest.mark.parametrize("off_s", [-TOLERANCE_S - 5, TOLERANCE_S + 5])
def test_an_old_or_early_one_is_refused(off_s: int) -> None:
    headers = sign(SECRET, "evt_1", BODY, at=int(time.time()) + off_s)
    with pytest.raises(SignatureInvalid):
        check(SECRET, headers, BODY)


@pytest.mark.parametrize(
    ("change", "body"),
    [
        ({"webhook-id": "evt_2"}, BODY),
        ({"webhook-signature": "v1,AAAA"}, BODY),
        ({"webhook-signature": "v1,\u00e4"}, BODY),
        ({"webhook-timestamp": "soon"}, BODY),
        ({"webhook-timestamp": "9" * 400}, BODY),
        ({"webhook-timestamp": "9" * 5000}, BODY),
        ({}, BODY + b" "),
    ],
)
def test_an_altered_one_is_refused(change: dict[str, str], body: bytes) -> None:
    with pytest.raises(SignatureInvalid):
        check(SECRET, sign(SECRET, "evt_1", BODY) | change, body)


def test_another_secret_and_a_missing_header_are_refused() -> None:
    with pytest.raises(SignatureInvalid):
        check("another secret", sign(SECRET, "evt_1", BODY), BODY)
    with pytest.raises(SignatureInvalid, match="webhook-id"):
        check(SECRET, {}, BODY)
