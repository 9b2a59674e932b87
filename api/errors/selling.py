"""Errors about goods, carts, orders and what follows from them."""

from collections.abc import Sequence

from api.errors.members import ID, INT, LINES, MINOR, PARCELS, REASON, SHORTAGES, STATUS, TEXT, TIME
from api.problems import Problem
from streams.events import Shortage


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


class CodeTaken(Problem, slug="code-taken", status=409, members={"code": TEXT}):
    """Another promotion has this code."""


class CouponInvalid(Problem, slug="coupon-invalid", status=422, members={"reason": REASON, "cart_version": INT}):
    """The coupon does not apply to this cart: unknown, not_started, ended, scope, minimum or currency."""


class CouponExhausted(Problem, slug="coupon-exhausted", status=409, members={"cart_version": INT}):
    """The coupon has no use left, at all or for this account."""


class NoShippingOption(Problem, slug="no-shipping-option", status=422, members={"seller_id": ID, "cart_version": INT}):
    """This seller's goods cannot be sent there, or not in the chosen way; choose another way or address."""


class CartEmpty(Problem, slug="cart-empty", status=409):
    """There is nothing in the cart."""


class CartLimit(Problem, slug="cart-limit", status=409, members={"limit": INT, "cart_version": INT}):
    """The cart holds no more lines, or the line no more units."""


class PriceChanged(
    Problem,
    slug="price-changed",
    status=409,
    members={
        "expected_total_minor": MINOR,
        "total_minor": MINOR,
        "discount_minor": MINOR,
        "shipping_minor": MINOR,
        "items": LINES,
        "shipping": PARCELS,
        "cart_version": INT,
    },
):
    """The total is not the expected one any more."""


class OrderNotCancellable(Problem, slug="order-not-cancellable", status=409, members={"current_status": STATUS}):
    """The order has gone too far to be cancelled."""


class OrderState(Problem, slug="order-state", status=409, members={"current_status": STATUS}):
    """The order is in a state that does not allow this."""


class ReturnWindowClosed(Problem, slug="return-window-closed", status=409, members={"closed_at": TIME}):
    """The time to send it back is over."""


class ComplaintOpen(Problem, slug="complaint-open", status=409, members={"complaint_id": ID, "current_status": STATUS}):
    """The order has a complaint that is not settled yet; add to that one."""


class ComplaintState(
    Problem, slug="complaint-state", status=409, members={"complaint_id": ID, "current_status": STATUS}
):
    """The complaint is settled already."""


class NotABuyer(Problem, slug="not-a-buyer", status=403):
    """Only who bought the product and got it may review it."""


class ReviewExists(Problem, slug="review-exists", status=409, members={"review_id": ID}):
    """This account has reviewed the product already; change that review."""


class WebhookDisabled(Problem, slug="webhook-disabled", status=409):
    """Nothing is sent to an address that is disabled; make its status active first."""


class SecretShown(Problem, slug="secret-shown", status=409, members={"id": ID}):
    """The same call was answered before, and the secret that it made is shown once.

    If the answer was lost, take away what it made (`id`) and make another one under a new Idempotency-Key.
    """
