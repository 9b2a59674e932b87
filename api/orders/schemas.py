"""Requests and answers of orders."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints, model_validator
from typing_extensions import TypedDict

from api.orders.returned import ReturnAnswer
from api.pagination import PageWanted
from api.schemas import AddressFields, AddressKept, Answer, Body, Instant, Moment, Note, Text50, Total, Whole
from api.sending import OrderCharge, ShippingOption

PaymentMethod = Literal["card", "wallet", "paypal", "cod"]
Status = Literal["pending", "paid", "processing", "shipped", "delivered", "cancelled", "refunded", "returned"]
Canceller = Literal["shopper", "seller", "operator", "reactor", "sweeper"]
PaymentStatus = Literal[
    "pending", "processing", "success", "failed", "expired", "cancelled", "refunding", "refunded", "refund_failed"
]
ParcelStatus = Literal[
    "pending", "picked_up", "in_transit", "out_for_delivery", "delivered", "failed", "returned", "cancelled"
]


class ShipTo(AddressFields):
    """Where an order goes, when it is no address of the address book."""

    label: Text50 = Field(default="Home", examples=["Home"])


class Checkout(Body):
    """The cart becomes an order: its stock is held until it is paid or the hold runs out."""

    address_id: UUID | None = Field(default=None, description="one of the address book; or give `address`")
    address: ShipTo | None = None
    shipping_option: ShippingOption | None = Field(
        default=None, description="a `code` of /v1/shipping/rates, for all or by seller; the cheapest when absent"
    )
    payment_method: PaymentMethod = "card"
    expected_total_minor: Total | None = Field(default=None, description="refuse when the total differs (price guard)")
    cart_version: Whole | None = Field(default=None, description="refuse when the cart changed since")
    session_id: UUID | None = Field(default=None, description="session of the clicks that led here")

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        if (self.address_id is None) == (self.address is None):
            raise ValueError("give address_id or address, one of the two")
        return self


class Cancellation(Body):
    """Why an order is cancelled."""

    reason: Literal["customer_request", "seller_request", "operator", "fraud"] = "customer_request"
    note: Note | None = Field(
        default=None, description="for operators and the order's sellers; shoppers read what they wrote themselves"
    )


class OrdersWanted(PageWanted):
    """Which orders, and in which order."""

    view: Literal["shopper", "seller"] = Field(default="shopper", description="seller: orders that hold own lines")
    status: list[Status] = Field(default_factory=list)
    since: Annotated[Instant | None, Field(alias="from")] = None
    until: Annotated[Instant | None, Field(alias="to")] = None
    order_number: Annotated[str | None, StringConstraints(max_length=32, to_upper=True)] = None
    seller_id: UUID | None = Field(default=None, description="sellers: the own one, as `view=seller`")
    user_id: UUID | None = Field(default=None, description="operators only")
    sort: Literal["-created_at", "created_at", "-total", "total"] = "-created_at"


class ProductKept(TypedDict, total=False):
    """What an order keeps of a product for ever, as it was when it was bought."""

    __pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[misc] # what pydantic asks for, no key

    sku: str
    name: str
    brand: str | None
    category: list[str]
    specifications: dict[str, Any]
    image: str | None
    price_minor: int | None
    version: int


class ItemAnswer(Answer):
    """One line of an order; total = unit price x quantity - discount, tax is contained in it."""

    id: UUID
    line_no: int
    product_id: UUID
    seller_id: UUID
    product_name: str
    quantity: int
    unit_price_minor: int
    discount_minor: int
    tax_minor: int
    total_minor: int
    refunded_minor: int
    returned_quantity: int
    product_snapshot: ProductKept


class PaymentSummary(Answer):
    """The newest payment of an order."""

    id: UUID
    status: PaymentStatus
    payment_method: PaymentMethod
    amount_minor: int
    captured_minor: int
    refunded_minor: int
    failure_reason: str | None


class ShipmentSummary(Answer):
    """One seller's parcel of an order; `kind` is outbound, or replacement after a complaint."""

    id: UUID
    seller_id: UUID
    kind: Literal["outbound", "replacement"]
    status: ParcelStatus
    carrier: str | None
    tracking_number: str | None
    shipped_at: Moment | None
    delivered_at: Moment | None


class ComplaintSummary(Answer):
    """The complaint about an order that is not settled yet."""

    id: UUID
    order_item_id: UUID | None
    type: Literal["defect", "wrong_item", "damaged", "missing", "other"]
    status: Literal["open", "under_review"]
    created_at: Moment


class OrderAnswer(Answer):
    """An order as its caller may see it: a seller sees own lines and the area, the shopper everything."""

    id: UUID
    order_number: str
    status: Status
    currency: str
    subtotal_minor: int
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    total_minor: int
    payment_method: PaymentMethod
    shipping_address: AddressKept
    hold_expires_at: Moment | None
    confirmed_at: Moment | None = None
    shipped_at: Moment | None = None
    delivered_at: Moment | None = None
    cancelled_at: Moment | None = None
    cancellation_reason: str | None = None
    cancellation_note: str | None = Field(
        default=None, description="what whoever cancelled it wrote; shoppers read what they wrote themselves"
    )
    cancelled_by: Canceller | None = Field(
        default=None, description="who cancelled it; by reactor and sweeper it followed from what had happened"
    )
    created_at: Moment
    version: int
    items: list[ItemAnswer]
    shipping: list[OrderCharge]
    payment: PaymentSummary | None = None
    shipments: list[ShipmentSummary] = Field(default_factory=list)
    returns: list[ReturnAnswer] = Field(default_factory=list)
    complaint: ComplaintSummary | None = None
    allowed_actions: list[str] = Field(
        default_factory=list, description="what the shopper may do now; a seller of all its lines: whether to cancel it"
    )


class ReservationAnswer(Answer):
    """The hold on an order's stock."""

    id: UUID
    expires_at: Moment


class CheckoutAnswer(Answer):
    """The pending order, its hold, and what is to be paid now."""

    order: OrderAnswer
    reservation: ReservationAnswer
    payment_due_minor: int
