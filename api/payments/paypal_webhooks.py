"""PayPal's webhooks: whether it sent one, and which operation of ours it tells of (R-PAY-7).

PayPal is asked whether it signed it. The other way, to check the signature here, fetches a certificate from an address
that the very request names, and the signature covers no more of the body than its CRC-32, for which anybody can make
another body. Asking depends on neither, and a key that PayPal takes back is worth nothing at once.
"""

from collections.abc import Mapping
from datetime import datetime
from time import time

import msgspec

from api.errors import SignatureInvalid
from api.payments.gateway import Notice
from api.payments.paypal_http import PayPalHttp, RefusedError, read
from api.payments.paypal_objects import PART
from api.signatures import TOLERANCE_S

VERIFY = "/v1/notifications/verify-webhook-signature"
SIGNED = ("auth_algo", "cert_url", "transmission_id", "transmission_sig", "transmission_time")
MOST = 500
"""Characters of a header that PayPal looks at."""


class _Verdict(msgspec.Struct, frozen=True):
    verification_status: str


class _Unit(msgspec.Struct, frozen=True):
    invoice_id: str = ""


class _Resource(msgspec.Struct, frozen=True):
    invoice_id: str = ""
    purchase_units: list[_Unit] = []


class _Event(msgspec.Struct, frozen=True):
    id: str
    event_type: str
    resource: _Resource


async def verify(http: PayPalHttp, webhook_id: str, headers: Mapping[str, str], body: bytes) -> Notice:
    """What a webhook tells; SignatureInvalid when PayPal did not send it just now, ConnectionError when it is away."""
    said = _signed(headers)
    try:
        event = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        event = None
    if not isinstance(event, dict):
        raise SignatureInvalid
    # The body goes back as it came: written anew it might not be what was signed.
    said |= {"webhook_id": webhook_id, "webhook_event": msgspec.Raw(body)}
    try:
        verdict = read(await http.post(VERIFY, said), _Verdict)
    except RefusedError:
        raise SignatureInvalid from None
    if verdict.verification_status != "SUCCESS":
        raise SignatureInvalid
    return _notice(event)


def _signed(headers: Mapping[str, str]) -> dict[str, object]:
    try:
        said: dict[str, object] = {name: headers[f"paypal-{name.replace('_', '-')}"][:MOST] for name in SIGNED}
    except KeyError as error:
        raise SignatureInvalid(f"The header {error.args[0]} is missing.") from None
    try:
        sent = datetime.fromisoformat(str(said["transmission_time"]))
    except ValueError:
        raise SignatureInvalid("The header paypal-transmission-time is no time.") from None
    if sent.tzinfo is None or abs(time() - sent.timestamp()) > TOLERANCE_S:
        raise SignatureInvalid("The paypal-transmission-time is more than 300 seconds off.")
    return said


def _notice(event: dict[str, object]) -> Notice:
    try:
        told = msgspec.convert(event, _Event)
    except msgspec.ValidationError as error:
        return Notice(event_id=str(event.get("id", "")), unreadable=str(error))
    names = [told.resource.invoice_id, *(unit.invoice_id for unit in told.resource.purchase_units)]
    ref = next((name for name in names if name), "").partition(PART)[0]
    return Notice(event_id=told.id, idempotency_ref=ref, unreadable="" if ref else f"{told.event_type} names nothing")
