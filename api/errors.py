"""Every business error as a class with its slug, status and extra members (requirements 1.4); the edge answers them."""

from collections.abc import Mapping, Sequence
from typing import Any

from api.problems import Problem
from streams.events import Shortage

TEXT: Mapping[str, Any] = {"type": "string", "examples": ["text"]}
STATUS: Mapping[str, Any] = {"type": "string", "examples": ["cancelled"]}
REASON: Mapping[str, Any] = {"type": "string", "examples": ["minimum"]}
CURRENCY: Mapping[str, Any] = {"type": "string", "examples": ["GBP"]}
INT: Mapping[str, Any] = {"type": "integer", "examples": [3]}
MINOR: Mapping[str, Any] = {"type": "integer", "examples": [1250]}
ID: Mapping[str, Any] = {"type": "string", "format": "uuid", "examples": ["01890a5d-ac96-774b-bcce-b302099a8057"]}
TIME: Mapping[str, Any] = {"type": "string", "format": "date-time", "examples": ["2026-11-21T08:00:00Z"]}
_SHORTAGE: Mapping[str, Any] = {"type": "object", "properties": {"product_id": ID, "requested": INT, "available": INT}}
SHORTAGES: Mapping[str, Any] = {"type": "array", "items": _SHORTAGE}
_FIELD: Mapping[str, Any] = {"type": "object", "properties": {"field": TEXT, "message": TEXT, "code": TEXT}}
FIELDS: Mapping[str, Any] = {"type": "array", "items": _FIELD}
LINES: Mapping[str, Any] = {"type": "array", "items": {"type": "object", "properties": {"product_id": ID}}}


class Unauthenticated(Problem, slug="unauthenticated", status=401):
    """Sign in first: send `Authorization: Bearer <access token>`."""


class Forbidden(Problem, slug="forbidden", status=403):
    """This account's roles may not call this endpoint."""


class NotFound(Problem, slug="not-found", status=404):
    """There is no such thing, or it belongs to somebody else."""


class MethodNotAllowed(Problem, slug="method-not-allowed", status=405):
    """This path does not know this method; see the Allow header."""


class PayloadTooLarge(Problem, slug="payload-too-large", status=413, members={"limit": INT}):
    """The body is larger than the limit in bytes."""


class UnsupportedMediaType(Problem, slug="unsupported-media-type", status=415):
    """Send the body as `Content-Type: application/json`."""


class ValidationFailed(Problem, slug="validation-failed", status=422, members={"errors": FIELDS}):
    """One or more fields are wrong; each entry names the field and the mend."""


class RateLimited(Problem, slug="rate-limited", status=429):
    """Too many calls; wait as long as Retry-After says."""


class Internal(Problem, slug="internal", status=500):
    """Something failed on our side; tell us the correlation id."""


class Unavailable(Problem, slug="unavailable", status=503):
    """A part this call needs does not answer; try again after Retry-After seconds."""


class IdempotencyInProgress(Problem, slug="idempotency-in-progress", status=409):
    """A call with this Idempotency-Key is still running; ask again in a second."""


class IdempotencyKeyReused(Problem, slug="idempotency-key-reused", status=422):
    """This Idempotency-Key was used with another body; take a new key for a new call."""


class CursorInvalid(Problem, slug="cursor-invalid", status=422):
    """This cursor is not one of ours for this list, filter and sort; start again without it."""


class EmailTaken(Problem, slug="email-taken", status=409, members={"field": TEXT}):
    """Another account has this e-mail address."""


class UsernameTaken(Problem, slug="username-taken", status=409, members={"field": TEXT}):
    """Another account has this username."""


class InvalidCredentials(Problem, slug="invalid-credentials", status=401):
    """E-mail or password is wrong."""


class AccountDisabled(Problem, slug="account-disabled", status=403, members={"current_status": STATUS}):
    """This account is locked or disabled."""


class TokenRevoked(Problem, slug="token-revoked", status=401):
    """This token does not count any more; sign in again."""


class TooManyAddresses(Problem, slug="too-many-addresses", status=409, members={"limit": INT}):
    """The address book is full; delete an address first."""


class RoleConflict(Problem, slug="role-conflict", status=409, members={"role": TEXT}):
    """The role cannot be given or taken: the last admin stays one, a seller needs a seller account."""


class OpenObligations(Problem, slug="open-obligations", status=409, members={"orders": INT, "balance_minor": MINOR}):
    """Orders are under way, or money is still owed; settle them first."""


class SellerExists(Problem, slug="seller-exists", status=409, members={"current_status": STATUS}):
    """This account has a seller account already, or the display name is taken."""


class SellerInactive(Problem, slug="seller-inactive", status=409, members={"current_status": STATUS}):
    """The seller account is not active."""


class SkuTaken(Problem, slug="sku-taken", status=409, members={"sku": TEXT}):
    """Another product has this SKU."""


class CategoryCycle(Problem, slug="category-cycle", status=409, members={"category_id": ID}):
    """The tree would get a cycle, or more than its six levels."""


class CategoryNotEmpty(Problem, slug="category-not-empty", status=409, members={"category_id": ID}):
    """Categories or products, deleted ones too, stand in it; move them first."""


class CategoryTaken(Problem, slug="category-taken", status=409, members={"name": TEXT}):
    """The parent has a category of this name."""


class ProductInactive(Problem, slug="product-inactive", status=409, members={"product_id": ID, "cart_version": INT}):
    """The product is not for sale."""


class InsufficientStock(Problem, slug="insufficient-stock", status=409, members={"items": SHORTAGES}):
    """Less is available than was asked for."""

    def __init__(self, items: Sequence[Shortage]) -> None:
        super().__init__(items=items)
        self.shortages = items


class ReservationExpired(
    Problem, slug="reservation-expired", status=409, members={"reservation_id": ID, "current_status": STATUS}
):
    """The hold ran out."""


class ReservationState(
    Problem, slug="reservation-state", status=409, members={"reservation_id": ID, "current_status": STATUS}
):
    """The hold is in another state."""


class VersionConflict(Problem, slug="version-conflict", status=409, members={"current_version": INT}):
    """Somebody changed it in between; read it again."""


class CurrencyMismatch(
    Problem, slug="currency-mismatch", status=422, members={"expected": CURRENCY, "given": CURRENCY}
):
    """Amounts of two currencies do not mix."""


class CodeTaken(Problem, slug="code-taken", status=409, members={"code": TEXT}):
    """Another promotion has this code."""


class CouponInvalid(Problem, slug="coupon-invalid", status=422, members={"reason": REASON, "cart_version": INT}):
    """The coupon does not apply to this cart: unknown, not_started, ended, scope, minimum or currency."""


class CouponExhausted(Problem, slug="coupon-exhausted", status=409, members={"cart_version": INT}):
    """The coupon has no use left, at all or for this account."""


class NoShippingOption(Problem, slug="no-shipping-option", status=422, members={"seller_id": ID}):
    """No tariff reaches the destination with this seller's goods; choose another address or leave them out."""


class CartEmpty(Problem, slug="cart-empty", status=409):
    """There is nothing in the cart."""


class CartLimit(Problem, slug="cart-limit", status=409, members={"limit": INT, "cart_version": INT}):
    """The cart holds no more lines, or the line no more units."""


class PriceChanged(
    Problem,
    slug="price-changed",
    status=409,
    members={"expected_total_minor": MINOR, "total_minor": MINOR, "items": LINES, "cart_version": INT},
):
    """The total is not the expected one any more."""


class OrderNotCancellable(Problem, slug="order-not-cancellable", status=409, members={"current_status": STATUS}):
    """The order has gone too far to be cancelled."""


class OrderState(Problem, slug="order-state", status=409, members={"current_status": STATUS}):
    """The order is in a state that does not allow this."""


class ReturnWindowClosed(Problem, slug="return-window-closed", status=409, members={"closed_at": TIME}):
    """The time to send it back is over."""


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


class SignatureInvalid(Problem, slug="signature-invalid", status=401):
    """The signature is not the provider's, or too old."""


class NotABuyer(Problem, slug="not-a-buyer", status=403):
    """Only who bought the product and got it may review it."""


class ReviewExists(Problem, slug="review-exists", status=409, members={"review_id": ID}):
    """This account has reviewed the product already; change that review."""


class ReadModelUnavailable(Problem, slug="read-model-unavailable", status=503, members={"source": TEXT}):
    """The read model is not there at the moment."""
class GatewayUnavailable(Problem, slug="gateway-unavailable", status=503, members={"gateway": TEXT}):
    """The payment gateway does not answer at the moment; nothing was begun, try again after Retry-After seconds."""


class WalletInsufficient(Problem, slug="wallet-insufficient", status=409, members={"balance_minor": MINOR}):
    """There is less money than is asked for."""


