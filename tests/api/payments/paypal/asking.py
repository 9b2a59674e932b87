"""What the tests of PayPal ask its adapter."""

from typing import Any
from uuid import UUID, uuid4

from api.payments.gateway import Kind, Operation
from api.payments.paypal_gateway import PayPal
from api.settings import GatewaySettings
from tests.api.payments.paypal.standin import CLIENT, SECRET, WEBHOOK_ID, PayPalPeer

BACK = "https://shop.example/thanks"


def settings(**changed: Any) -> GatewaySettings:
    """Of a process with the gateway `paypal`."""
    told = {
        "gateways": "paypal", "paypal_client_id": CLIENT, "paypal_secret": SECRET, "paypal_webhook_id": WEBHOOK_ID,
    } | changed  # fmt: skip
    return GatewaySettings.model_validate(told)


def operation(kind: Kind = "capture", ref: str | None = None, **changed: Any) -> Operation:
    """A charge of 12.00, or what is said."""
    told: dict[str, Any] = {"payment_id": UUID(int=1), "amount_minor": 1200, "currency": "GBP"} | changed
    return Operation(idempotency_ref=ref or f"charge:{uuid4()}", kind=kind, **told)


async def opened(gateway: PayPal, kind: Kind = "capture", **changed: Any) -> Operation:
    """A charge whose order is open, and waits for the shopper."""
    charge = operation(kind, return_url=BACK, **changed)
    reply = await gateway.prepare(charge)
    assert (reply.outcome, reply.next_action is None) == ("processing", False)
    return operation(kind, charge.idempotency_ref, reference=reply.reference, **changed)


async def approved(gateway: PayPal, peer: PayPalPeer, kind: Kind = "capture", **changed: Any) -> Operation:
    """A charge whose shopper has approved it."""
    charge = await opened(gateway, kind, **changed)
    peer.approve(charge.reference or "")
    return charge


def after(charge: Operation, kind: Kind, word: str, minor: int) -> Operation:
    """What follows a charge, of so many minor units."""
    ref = f"{word}:{uuid4()}:{uuid4()}"
    return operation(kind, ref, reference=charge.reference, amount_minor=minor, currency=charge.currency)
