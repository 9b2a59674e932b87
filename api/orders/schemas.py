"""What is asked of orders over HTTP, and the bodies of the answers."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from api.pagination import CursorText, Limit
from api.schemas import AddressFields, Answer, Body, Minor, Moment, Note, Text50, Whole

PaymentMethod = Literal["card", "wallet", "cod"]
Status = Literal["pending", "paid", "processing", "shipped", "delivered", "cancelled", "refunded", "returned"]


class ShipTo(AddressFields):
    """Where an order goes, when it is no address of the address book."""

    label: Text50 = Field(default="Home", examples=["Home"])


class Checkout(Body):
    """The cart becomes an order: its stock is held until it is paid or the hold runs out."""

    address_id: UUID | None = Field(default=None, description="one of the address book; or give `address`")
    address: ShipTo | None = None
    payment_method: PaymentMethod = "card"
    expected_total_minor: Minor | None = Field(default=None, description="refuse when the total differs (price guard)")
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
    note: Note | None = None


class ReturnItem(Body):
    """Units of one order line that go back."""

    order_item_id: UUID
    quantity: Annotated[int, Field(strict=True, ge=1, le=10_000)]


class NewReturn(Body):
    """The shopper wants to send goods back; without items, all of them."""

    reason: Literal["defect", "wrong_item", "damaged", "missing", "changed_mind", "other"]
    note: Note | None = None
    items: list[ReturnItem] | None = Field(default=None, min_length=1, max_length=100)

    @field_validator("items")
    @classmethod
    def _each_line_once(cls, items: list[ReturnItem] | None) -> list[ReturnItem] | None:
        if items and len({item.order_item_id for item in items}) < len(items):
            raise ValueError("name each order line once")
        return items


class Reception(Body):
    """What the receiver says about returned goods."""

    accepted: bool = True
    restock: bool = Field(default=False, description="fit for sale: put back into stock")
    refund_minor: Minor | None = Field(default=None, description="default: what was paid for the units")
    note: Note | None = None


class OrdersWanted(BaseModel):
    """Which orders, and in which order."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    view: Literal["shopper", "seller"] = Field(default="shopper", description="seller: orders that hold own lines")
    status: list[Status] = Field(default_factory=list)
    since: Annotated[datetime | None, Field(alias="from")] = None
    until: Annotated[datetime | None, Field(alias="to")] = None
    order_number: Annotated[str | None, StringConstraints(max_length=32)] = None
    seller_id: UUID | None = Field(default=None, description="operators only")
    user_id: UUID | None = Field(default=None, description="operators only")
    sort: Literal["-created_at", "created_at", "-total", "total"] = "-created_at"
    limit: Limit = 20
    cursor: CursorText = None


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
    product_snapshot: dict[str, Any]


class PaymentSummary(Answer):
    """The newest payment of an order."""

    id: UUID
    status: str
    payment_method: str
    amount_minor: int
    captured_minor: int
    refunded_minor: int
    failure_reason: str | None


class ShipmentSummary(Answer):
    """One seller's parcel of an order; `kind` is outbound, or replacement after a complaint."""

    id: UUID
    seller_id: UUID
    kind: str
    status: str
    carrier: str | None
    tracking_number: str | None
    shipped_at: Moment | None
    delivered_at: Moment | None


class ReturnAnswer(Answer):
    """Goods on their way back, or back."""

    id: UUID
    order_id: UUID
    reason: str
    status: str
    items: list[dict[str, Any]]
    refund_minor: int
    restock: bool | None
    received_at: Moment | None
    created_at: Moment


class ComplaintSummary(Answer):
    """The complaint about an order that is not settled yet."""

    id: UUID
    order_item_id: UUID | None
    type: str
    status: str
    created_at: Moment


class OrderAnswer(Answer):
    """An order as its caller may see it: a seller sees own lines and the area, the shopper everything."""

    id: UUID
    order_number: str
    status: str
    currency: str
    subtotal_minor: int
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    total_minor: int
    payment_method: str
    shipping_address: dict[str, Any]
    hold_expires_at: Moment | None
    confirmed_at: Moment | None = None
    shipped_at: Moment | None = None
    delivered_at: Moment | None = None
    cancelled_at: Moment | None = None
    cancellation_reason: str | None = None
    created_at: Moment
    version: int
    items: list[ItemAnswer]
    payment: PaymentSummary | None = None
    shipments: list[ShipmentSummary] = Field(default_factory=list)
    returns: list[ReturnAnswer] = Field(default_factory=list)
    complaint: ComplaintSummary | None = None
    allowed_actions: list[str] = Field(default_factory=list)


class ReservationAnswer(Answer):
    """The hold on an order's stock."""

    id: UUID
    expires_at: Moment


class CheckoutAnswer(Answer):
    """The pending order, its hold, and what is to be paid now."""

    order: OrderAnswer
    reservation: ReservationAnswer
    payment_due_minor: int
