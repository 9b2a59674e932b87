"""Requests and answers of the trail."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from api.pagination import PageWanted
from api.schemas import Answer, Instant, Moment


class ActionsWanted(PageWanted):
    """Which calls: of an operator, on an object, of a kind, in a time span."""

    actor_id: UUID | None = None
    object_id: UUID | None = None
    object_type: Annotated[str | None, Field(max_length=40, examples=["refunds"])] = None
    action: Annotated[str | None, Field(max_length=60, examples=["decide_refund"])] = None
    since: Annotated[Instant | None, Field(alias="from")] = None
    until: Annotated[Instant | None, Field(alias="to")] = None


class ActionAnswer(Answer):
    """One call that changed something: who, in which role, what, and which object.

    `details` names the fields that were sent, and of some calls holds the `note`.
    """

    id: UUID
    actor_id: UUID
    role: Literal["operator", "admin"]
    action: str
    object_type: str
    object_id: UUID | None
    details: dict[str, Any]
    correlation_id: str | None
    created_at: Moment
