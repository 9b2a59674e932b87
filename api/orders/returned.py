"""Requests and answers of returns."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, field_validator, model_validator
from typing_extensions import TypedDict

from api.schemas import Answer, Body, Flag, Moment, Note, Total, misfit

ReturnReason = Literal["defect", "wrong_item", "damaged", "missing", "changed_mind", "other"]


class ReturnItem(Body):
    """Units of one order line that go back."""

    order_item_id: UUID
    quantity: Annotated[int, Field(strict=True, ge=1, le=10_000)]


class NewReturn(Body):
    """The shopper wants to send goods back; without items, all of them."""

    reason: ReturnReason
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

    accepted: Flag = True
    restock: Flag = Field(default=False, description="fit for sale: put back into stock")
    refund_minor: Total | None = Field(default=None, description="default: what was paid for the units")
    note: Note | None = None

    @model_validator(mode="after")
    def _paid_when_accepted(self) -> Self:
        if self.refund_minor and not self.accepted:
            raise misfit("refund_minor", "goes with accepted goods only")
        return self


class ReturnedItem(TypedDict, total=False):
    """Units of an order line that go back; `refund_minor` is what was given back for them."""

    __pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[misc] # what pydantic asks for, no key

    order_item_id: UUID
    product_id: UUID
    seller_id: UUID
    quantity: int
    refund_minor: int


class ReturnAnswer(Answer):
    """Goods on their way back, or back."""

    id: UUID
    order_id: UUID
    reason: ReturnReason
    note: str | None = Field(description="what the shopper wrote about it")
    status: Literal["requested", "received", "rejected"]
    items: list[ReturnedItem]
    shipping: dict[UUID, int] = Field(description="by seller, what goes back of the charge for the parcel")
    refund_minor: int = Field(description="of goods and shipping")
    restock: bool | None
    reception_note: str | None = Field(description="what was written about it when the goods were taken, or not taken")
    received_at: Moment | None
    created_at: Moment
