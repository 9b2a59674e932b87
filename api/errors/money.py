"""Errors about payments, refunds, wallets and payouts."""

from api.errors.members import ID, MINOR, STATUS, TEXT
from api.problems import Problem


class PaymentExists(Problem, slug="payment-exists", status=409, members={"payment_id": ID, "current_status": STATUS}):
    """The order has a live payment already."""


class PaymentState(Problem, slug="payment-state", status=409, members={"payment_id": ID, "current_status": STATUS}):
    """The payment is in a state that does not allow this."""


class PaymentDeclined(Problem, slug="payment-declined", status=402, members={"reason": TEXT, "payment_id": ID}):
    """The payment was declined; the reason says why."""


class PaymentExpired(Problem, slug="payment-expired", status=410, members={"payment_id": ID}):
    """The payment ran out; begin a new one."""


class RefundExceedsCaptured(Problem, slug="refund-exceeds-captured", status=409, members={"refundable_minor": MINOR}):
    """More would be refunded than was captured."""


class RefundState(Problem, slug="refund-state", status=409, members={"current_status": STATUS}):
    """The refund is decided already."""


class GatewayUnavailable(Problem, slug="gateway-unavailable", status=503, members={"gateway": TEXT}):
    """The payment gateway does not answer at the moment; nothing was begun, try again after Retry-After seconds."""


class WalletInsufficient(Problem, slug="wallet-insufficient", status=409, members={"balance_minor": MINOR}):
    """There is less money than is asked for."""
