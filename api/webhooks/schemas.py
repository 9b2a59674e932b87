"""Requests and answers of webhooks."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from api.pagination import PageWanted
from api.schemas import Answer, Body, Change, Moment, Plain, Version
from api.webhooks.causes import EVENTS, TEST

DELIVERED = (*EVENTS, TEST)
"""What a delivery may be of: nobody asks to be told of tests."""


def _known(event: str) -> str:
    if event not in EVENTS:
        raise ValueError(f"must be one of {', '.join(EVENTS)}")
    return event


def _told(event: str) -> str:
    if event not in DELIVERED:
        raise ValueError(f"must be one of {', '.join(DELIVERED)}")
    return event


def _each_once(events: list[str]) -> list[str]:
    return list(dict.fromkeys(events))


EventName = Annotated[str, AfterValidator(_known), Field(json_schema_extra={"enum": list(EVENTS)})]
ToldName = Annotated[str, AfterValidator(_told), Field(json_schema_extra={"enum": list(DELIVERED)})]
Names = Annotated[
    list[EventName],
    Field(min_length=1, max_length=len(EVENTS), examples=[["order.confirmed"]]),
    AfterValidator(_each_once),
]
Url = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000), Plain]


class NewEndpoint(Body):
    """Where to tell what."""

    url: Url = Field(examples=["https://warehouse.example.com/atlantic"])
    events: Names


class EndpointChange(Change):
    """Fields to change; absent ones stay. `active` begins again after it was disabled."""

    url: Url | None = None
    events: Names | None = None
    status: Literal["active", "disabled"] | None = None
    expected_version: Version | None = None


class EndpointAnswer(Answer):
    """An address and what it is told; `failing_since` is set while it does not take what it is told."""

    id: UUID
    url: str
    events: list[EventName]
    status: Literal["active", "disabled"]
    disabled_reason: str | None
    failing_since: Moment | None
    version: int
    created_at: Moment


class MadeEndpoint(EndpointAnswer):
    """A new address with the secret that its calls are signed with, shown this once (Standard Webhooks)."""

    secret: str = Field(examples=["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"])


class Endpoints(Answer):
    """A seller's addresses."""

    items: list[EndpointAnswer]


class DeliveriesWanted(PageWanted):
    """Which deliveries, the newest first."""

    status: Literal["pending", "delivered", "failed"] | None = None
    event: ToldName | None = None


class DeliveryAnswer(Answer):
    """One event told to one address: how often it was tried, and what came of the last try."""

    id: UUID
    event_id: UUID
    event: str
    body: str = Field(description="what is sent, byte for byte: it is what the signature covers")
    status: Literal["pending", "delivered", "failed"]
    attempts: int
    next_attempt_at: Moment | None
    last_status: int | None
    last_error: str | None
    delivered_at: Moment | None
    created_at: Moment
