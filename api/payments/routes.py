"""Paying, and getting money back, over HTTP (E-PAY-1 to 8)."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from api.auth import Current, Identity, Member, ServiceOrOperator, Shopper
from api.edge import Route
from api.errors import (
    CursorInvalid,
    Forbidden,
    GatewayUnavailable,
    NotFound,
    OrderState,
    PayloadTooLarge,
    PaymentDeclined,
    PaymentExists,
    PaymentExpired,
    PaymentState,
    RefundExceedsCaptured,
    RefundState,
    SignatureInvalid,
    ValidationFailed,
    WalletInsufficient,
)
from api.idempotency import Once, OnceClaimed, effect
from api.orders import queries as orders
from api.pagination import Page
from api.payments import queries, reading, service
from api.payments.cards import GUIDE
from api.payments.dependencies import Gateways, Money
from api.payments.keyed import Keyed
from api.payments.schemas import (
    Confirmation,
    Intent,
    IntentAnswer,
    NewCapture,
    NewRefund,
    NewTopUp,
    OrderPayments,
    PaymentAnswer,
    PaymentStatus,
    Received,
    RefundAnswer,
    RefundDecision,
    RefundsWanted,
    TopUpAnswer,
    TopUpEntry,
)
from api.problems import problems
from api.reference.signed import signed
from api.unit import Conn, Pool, Work
from api.wallets import queries as wallets

WEBHOOK_LIMIT = 256 * 1024

router = APIRouter(prefix="/v1", tags=["payments"], route_class=Route)


_INTENT = problems(
    NotFound, OrderState, PaymentExists, PaymentState, PaymentDeclined, ValidationFailed, GatewayUnavailable
)


_OPTIONS: dict[str, Any] = {
    "status_code": 201, "responses": _INTENT, "dependencies": [Money, Once], "response_model": IntentAnswer,
}  # fmt: skip


@router.post("/payments/pay", deprecated=True, **_OPTIONS)
@router.post("/payments/intent", **_OPTIONS)
async def create_payment_intent(
    body: Intent, request: Request, caller: Shopper, pool: Pool, gateways: Gateways
) -> IntentAnswer | Response:
    """Begin to pay an order; a repeat gives the payment that is under way.

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


_REFERENCE = {"type": "string", "description": "of the gateway `test`; others send what is theirs"}
_NOTICE = {"type": "object", "properties": {"idempotency_ref": _REFERENCE}}


@router.post(
    "/payments/webhook",
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


@router.get("/payments/refunds", responses=problems(CursorInvalid), deprecated=True)
@router.get("/refunds", responses=problems(CursorInvalid))
async def list_refunds(
    request: Request, caller: Current, conn: Conn, wanted: Annotated[RefundsWanted, Query()]
) -> Page[RefundAnswer]:
    """Refunds: own ones, a seller's those that no other seller has part in, an operator's all."""
    return await reading.page(conn, caller, wanted, secret=request.app.state.settings.cursor_secret)


@router.get("/payments/{order_id}", responses=problems(NotFound))
async def get_order_payments(order_id: UUID, caller: Current, conn: Conn) -> OrderPayments | PaymentStatus:
    """How an order is being paid."""
    return await reading.of_order(conn, caller, order_id)


@router.post(
    "/refunds",
    status_code=201,
    responses=problems(NotFound, RefundExceedsCaptured, PaymentState),
    dependencies=[Money, Once],
)
async def request_refund(body: NewRefund, caller: Current, conn: Conn) -> RefundAnswer:
    """Ask money back. A shopper's wish waits for a decision, a seller's or operator's is approved at once."""
    order_id = body.order_id or (await queries.read(conn, body.payment_id or UUID(int=0))).order_id
    by = await _approver(conn, caller, order_id)
    wish = service.Wish(
        order_id,
        reason_code=body.reason_code,
        cause_type="seller" if by == "seller" else "manual",
        amount_minor=body.amount_minor,
        reason=body.reason,
        requested_by=caller.user_id,
        target=body.target,
        approved_by=by,
        seller_id=caller.seller_id if by == "seller" else None,
    )
    return RefundAnswer.model_validate(await service.ask(conn, wish))


async def _approver(conn: Conn, caller: Identity, order_id: UUID) -> str | None:
    if caller.operator:
        return "operator"
    order = await orders.read(conn, order_id)
    if order.user_id == caller.user_id:
        return None
    if caller.seller_id in await orders.sellers(conn, order_id):
        return "seller"
    raise NotFound


@router.get("/refunds/{refund_id}", responses=problems(NotFound))
async def get_refund(refund_id: UUID, caller: Current, conn: Conn) -> RefundAnswer:
    """One refund."""
    return RefundAnswer.model_validate(await reading.refund(conn, caller, refund_id))


@router.post(
    "/refunds/{refund_id}/decision",
    responses=problems(NotFound, RefundState, RefundExceedsCaptured, Forbidden),
    dependencies=[Once],
)
async def decide_refund(refund_id: UUID, body: RefundDecision, caller: Member, conn: Conn) -> RefundAnswer:
    """Approve or reject a shopper's wish, or retry a refund that the gateway refused."""
    # A seller finds only refunds that no other seller has part in, and may decide on what is found.
    refund = await reading.refund(conn, caller, refund_id)
    by = await _approver(conn, caller, refund.order_id)
    if by is None:
        raise Forbidden("Nobody decides on a refund of an own order.")
    decided = await service.decide(conn, refund_id, body.decision, by=by, decided_by=caller.user_id)
    return RefundAnswer.model_validate(decided)
