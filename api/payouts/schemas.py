"""Requests and answers of payouts."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.pagination import PageWanted
from api.schemas import LARGEST, Answer, Body, Currency, Moment

Status = Literal["requested", "paid", "failed"]


class NewPayout(Body):
    """Money for a seller, at most what is due in that currency."""

    amount_minor: Annotated[int, Field(strict=True, ge=1, le=LARGEST, examples=[125000])]
    currency: Currency = Field(examples=["GBP"])


class PayoutsWanted(PageWanted):
    """Which payouts."""

    status: Status | None = None


class PayoutAnswer(Answer):
    """Money on its way to a seller, there, or refused for good with the reason's code."""

    id: UUID
    seller_id: UUID
    amount_minor: int
    currency: str
    status: Status
    reason: str | None
    attempts: int
    version: int
    created_at: Moment
    updated_at: Moment
