"""Facts about payments and refunds. No card data, ever (R-PAY-14)."""

from datetime import datetime
from uuid import UUID

from streams.events.envelope import Event


class PaymentEvent(Event, frozen=True, kw_only=True):
    """A fact about one attempt to pay one order."""

    topic = "payments"
    landing = "landing_payments"
    key = "payment_id"
    payment_id: UUID
    order_id: UUID


class PaymentCreated(PaymentEvent, frozen=True, kw_only=True):
    """A payment was begun."""

    name = "payment.created"
    payment_method: str
    gateway: str
    amount_minor: int
    currency: str
    expires_at: datetime | None = None


class PaymentAuthorized(PaymentEvent, frozen=True, kw_only=True):
    """The gateway set the money aside."""

    name = "payment.authorized"
    payment_method: str
    gateway: str
    amount_minor: int
    currency: str
    authorized_minor: int


class PaymentProcessed(PaymentEvent, frozen=True, kw_only=True):
    """The money was captured in full."""

    name = "payment.succeeded"
    payment_status: str = "SUCCESS"
    amount_minor: int
    currency: str
    gateway: str
    payment_method: str


class PaymentFailed(PaymentEvent, frozen=True, kw_only=True):
    """The payment was declined or failed for good; reason is a code."""

    name = "payment.failed"
    payment_status: str = "FAILED"
    reason: str
    amount_minor: int
    currency: str


class PaymentExpired(PaymentEvent, frozen=True, kw_only=True):
    """The payment ran out without captured money."""

    name = "payment.expired"


class PaymentCancelled(PaymentEvent, frozen=True, kw_only=True):
    """The payment was called off because its order was."""

    name = "payment.cancelled"
    cause: str


class WalletChanged(Event, frozen=True, kw_only=True):
    """A wallet's balance changed: by a payment, a refund, a store credit or a top-up."""

    name = "wallet.changed"
    topic = "payments"
    landing = "landing_wallets"
    key = "wallet_id"
    wallet_id: UUID
    delta_minor: int
    balance_after_minor: int
    currency: str
    cause_type: str
    cause_id: UUID


class RefundEvent(Event, frozen=True, kw_only=True):
    """A fact about one refund."""

    topic = "payments"
    landing = "landing_refunds"
    key = "refund_id"
    refund_id: UUID
    order_id: UUID


class RefundRequested(RefundEvent, frozen=True, kw_only=True):
    """Money was asked back."""

    name = "refund.requested"
    payment_id: UUID
    amount_minor: int
    currency: str
    reason_code: str
    target: str
    cause_type: str


class RefundApproved(RefundEvent, frozen=True, kw_only=True):
    """A refund may be paid; `by` is rule, seller or operator."""

    name = "refund.approved"
    payment_id: UUID
    amount_minor: int
    currency: str
    by: str


class RefundSucceeded(RefundEvent, frozen=True, kw_only=True):
    """The money went back."""

    name = "refund.succeeded"
    payment_id: UUID
    amount_minor: int
    currency: str
    reason_code: str
    target: str
    cause_type: str
    full: bool
    order_occurred_at: datetime


class RefundFailed(RefundEvent, frozen=True, kw_only=True):
    """The gateway refused for good; reason is a code."""

    name = "refund.failed"
    payment_id: UUID
    amount_minor: int
    currency: str
    reason: str
    attempts: int


class RefundRejected(RefundEvent, frozen=True, kw_only=True):
    """A request for money back was turned down."""

    name = "refund.rejected"
    reason_code: str
