"""Paying over HTTP: intents, cards, captures, wallets, and how far an order is paid (E-PAY-1, 2, 4, 9, 12)."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.auth import Current, ServiceOrOperator, Shopper
from api.edge import Route
from api.errors import (
    Forbidden,
    GatewayUnavailable,
    NotFound,
    OrderState,
    PaymentDeclined,
    PaymentExists,
    PaymentExpired,
    PaymentState,
    ValidationFailed,
    WalletInsufficient,
)
from api.idempotency import Once, OnceClaimed, effect
from api.payments import reading, service
from api.payments.cards import GUIDE
from api.payments.dependencies import Gateways
from api.payments.keyed import Keyed
from api.payments.schemas import (
    Confirmation,
    Intent,
    IntentAnswer,
    NewCapture,
    NewTopUp,
    OrderPayments,
    PaymentAnswer,
    PaymentStatus,
    TopUpAnswer,
    TopUpEntry,
)
from api.problems import problems
from api.rates import Money
from api.unit import Conn, Pool, Work
from api.wallets import queries as wallets

router = APIRouter(tags=["payments"], route_class=Route)


_INTENT = problems(
    NotFound, OrderState, PaymentExists, PaymentState, PaymentDeclined, ValidationFailed, GatewayUnavailable
)


_OPTIONS: dict[str, Any] = {
    "status_code": 201, "summary": "Begin to pay an order", "responses": _INTENT,
    "dependencies": [Money, Once], "response_model": IntentAnswer,
}  # fmt: skip


@router.post("/payments/pay", deprecated=True, **_OPTIONS)
@router.post("/payments/intent", **_OPTIONS)
async def create_payment_intent(
    body: Intent, request: Request, caller: Shopper, pool: Pool, gateways: Gateways
) -> IntentAnswer | Response:
    """Begin to pay an order; a repeat gives the payment that is under way.

    Asked for in another way (`payment_method`, `gateway`), a payment that nobody has confirmed yet is cancelled and
    another one begun.

    `gateway` chooses among those that are set up, the first that takes the method by default; another one is refused
    (422) with their names.
    """
    wish = service.Intent(
        caller.user_id, body.order_id, body.payment_method, body.gateway, body.return_url, _at_once(request)
    )
    key = Keyed(request, IntentAnswer, 201)
    payment = await service.begin(pool, gateways, wish, key)
    return key.stored or IntentAnswer.model_validate(payment)


def _at_once(request: Request) -> bool:
    return bool(request.app.state.settings.capture == "at_confirm")


@router.post(
    "/payments/confirm",
    summary="Pay",
    description="Pay: `success`, or `processing` while the gateway decides, the money comes later, or the shopper has "
    f"a step to take (`next_action`). A decline is final.\n{GUIDE}",
    responses=problems(
        NotFound, PaymentDeclined, PaymentExpired, PaymentState, OrderState, WalletInsufficient, GatewayUnavailable
    ),
    dependencies=[Money, Once],
    response_model=PaymentAnswer,
)
async def confirm_payment(
    body: Confirmation, request: Request, caller: Shopper, pool: Pool, gateways: Gateways
) -> PaymentAnswer | Response:
    """`success`, or `processing` with what is left to do."""
    token = body.gateway_token.get_secret_value() if body.gateway_token else None
    said = service.Confirmation(caller.user_id, body.payment_id, token, _at_once(request))
    key = Keyed(request, PaymentAnswer, 200)
    payment = await service.confirm(pool, gateways, said, key)
    return key.stored or PaymentAnswer.model_validate(payment)


@router.post(
    "/payments/{payment_id}/capture",
    summary="Take money that was set aside",
    responses=problems(NotFound, Forbidden, PaymentState, PaymentDeclined, GatewayUnavailable),
    dependencies=[OnceClaimed],
)
async def capture_payment(
    payment_id: UUID, body: NewCapture, request: Request, _: ServiceOrOperator, pool: Pool, gateways: Gateways
) -> PaymentAnswer:
    """Take money that was set aside for a payment, all or part of it (E-PAY-9)."""
    wish = service.Capture(payment_id, body.amount_minor, effect(request))
    return PaymentAnswer.model_validate(await service.capture(pool, gateways, wish))


@router.post(
    "/wallet/top-ups",
    summary="Put money into the own wallet",
    status_code=201,
    tags=["wallet"],
    responses=problems(PaymentDeclined, GatewayUnavailable),
    dependencies=[Money, OnceClaimed],
)
async def top_up_wallet(
    body: NewTopUp, request: Request, caller: Shopper, work: Work, gateways: Gateways
) -> TopUpAnswer:
    """Charge a card and put the money into the own wallet; a decline says why (E-PAY-12)."""
    wish = service.TopUp(effect(request), caller.user_id, body.currency, body.amount_minor)
    done = await service.top_up(work.pool, gateways.first, wish, body.gateway_token.get_secret_value())
    entry = await wallets.entry_of(await work.connection(), done.wallet_id, "top_up", done.id)
    answer = TopUpAnswer.model_validate(done)
    return answer.model_copy(update={"entry": TopUpEntry.model_validate(entry) if entry else None})


@router.get("/payments/{order_id}", summary="How an order is paid", responses=problems(NotFound))
async def get_order_payments(order_id: UUID, caller: Current, conn: Conn) -> OrderPayments | PaymentStatus:
    """How an order is being paid."""
    return await reading.of_order(conn, caller, order_id)
