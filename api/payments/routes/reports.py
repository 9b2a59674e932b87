"""What gateways report over HTTP (E-PAY-3)."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from api.edge import Route
from api.errors import (
    GatewayUnavailable,
    PayloadTooLarge,
    SignatureInvalid,
    ValidationFailed,
)
from api.payments import service
from api.payments.dependencies import Gateways
from api.payments.schemas import (
    Received,
)
from api.problems import problems
from api.reference.signed import signed
from api.unit import Pool

WEBHOOK_LIMIT = 256 * 1024

router = APIRouter(tags=["payments"], route_class=Route)


_REFERENCE = {"type": "string", "description": "of the gateway `test`; others send what is theirs"}
_NOTICE = {"type": "object", "properties": {"idempotency_ref": _REFERENCE}}


@router.post(
    "/payments/webhook",
    summary="Take a gateway's report",
    openapi_extra=signed(_NOTICE, always=False),
    responses=problems(SignatureInvalid, PayloadTooLarge, ValidationFailed, GatewayUnavailable),
)
async def receive_payment_webhook(
    request: Request,
    pool: Pool,
    gateways: Gateways,
    gateway: Annotated[
        str | None, Query(max_length=50, description="default: whose signature's header there is")
    ] = None,
) -> Received:
    """For a gateway: something changed. Signed in the gateway's own way.

    The gateway `test` signs with `webhook-id`, `webhook-timestamp` and `webhook-signature`, Stripe with
    `Stripe-Signature`, PayPal with `paypal-transmission-sig`. What is signed but not understood is a dead letter.
    """
    body = await request.body()
    if len(body) > WEBHOOK_LIMIT:
        raise PayloadTooLarge(limit=WEBHOOK_LIMIT)
    headers = {name.lower(): value for name, value in request.headers.items()}
    sender = gateways.sender(headers, gateway)
    await service.take_notice(pool, gateways, sender, await sender.heard(headers, body), body)
    return Received()
