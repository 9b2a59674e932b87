"""What a timeline answers."""

from typing import Any
from uuid import UUID

from pydantic import Field

from api.schemas import Answer, Moment


class FactAnswer(Answer):
    """One fact; `payload` holds what its reader may know of it."""

    event_id: UUID
    event: str = Field(examples=["order.confirmed"])
    aggregate_type: str = Field(description="what the fact is about", examples=["order"])
    aggregate_id: UUID
    aggregate_seq: int = Field(description="1, 2, 3... in the life of the aggregate")
    occurred_at: Moment
    recorded_at: Moment = Field(description="when it was written down, with what it tells of")
    tx: int = Field(description="the transaction that told it")
    published: bool = Field(description="whether it stands in the log, or waits for that")
    correlation_id: str = Field(description="the request, or the import, that it goes back to")
    causation_id: UUID | None = Field(description="the fact it follows from, as far as its reader is told of that")
    payload: dict[str, Any]


class Timeline(Answer):
    """Every fact of an order, each after its cause."""

    order_id: UUID
    order_number: str
    items: list[FactAnswer]
