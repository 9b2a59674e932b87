"""Facts about carts."""

from uuid import UUID

from streams.events.envelope import Event, Shortage


class CartEvent(Event, frozen=True, kw_only=True):
    """A fact about one cart."""

    topic = "carts"
    landing = "landing_carts"
    key = "cart_id"
    cart_id: UUID


class CartItemAdded(CartEvent, frozen=True, kw_only=True):
    """Units of a product were put into a cart."""

    name = "cart.item.added"
    user_id: UUID
    product_id: UUID
    seller_id: UUID
    quantity: int
    quantity_after: int
    price_minor: int
    currency: str


class CartItemChanged(CartEvent, frozen=True, kw_only=True):
    """The quantity of a line changed."""

    name = "cart.item.changed"
    product_id: UUID
    quantity_before: int
    quantity_after: int


class CartItemRemoved(CartEvent, frozen=True, kw_only=True):
    """A line left the cart."""

    name = "cart.item.removed"
    product_id: UUID
    quantity_before: int


class CartItemRejected(CartEvent, frozen=True, kw_only=True):
    """A product could not be put into the cart; reason is a problem slug."""

    name = "cart.item.rejected"
    product_id: UUID
    requested: int
    available: int
    reason: str


class CartCleared(CartEvent, frozen=True, kw_only=True):
    """All lines were removed by the shopper or by erasure."""

    name = "cart.cleared"
    lines: int
    by: str


class CartCouponChanged(CartEvent, frozen=True, kw_only=True):
    """A coupon was put on the cart, or taken off: then there is no promotion and no discount."""

    name = "cart.coupon.changed"
    promotion_id: UUID | None = None
    discount_minor: int


class CartCheckedOut(CartEvent, frozen=True, kw_only=True):
    """The cart became an order."""

    name = "cart.checked_out"
    order_id: UUID
    lines: int
    total_minor: int


class CartConverted(CartEvent, frozen=True, kw_only=True):
    """The cart's order was confirmed."""

    name = "cart.converted"
    order_id: UUID


class CartRestored(CartEvent, frozen=True, kw_only=True):
    """The cart's order did not stand and its lines came back."""

    name = "cart.restored"
    order_id: UUID
    cause: str


class CartExpired(CartEvent, frozen=True, kw_only=True):
    """The cart ran out."""

    name = "cart.expired"
    lines: int
    value_minor: int


class CheckoutRejected(CartEvent, frozen=True, kw_only=True):
    """A checkout was refused; reason is a problem slug."""

    name = "checkout.rejected"
    reason: str
    items: tuple[Shortage, ...] = ()
