"""Requests and answers of complaints."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints, model_validator

from api.pagination import PageWanted
from api.schemas import LARGEST, Answer, Body, Change, Instant, Lines, Moment, Plain, misfit

MOST_EVIDENCE = 10

Type = Literal["defect", "wrong_item", "damaged", "missing", "other"]
Status = Literal["open", "under_review", "resolved", "rejected"]
Resolution = Literal["refund", "replacement", "store_credit", "rejected"]
Description = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5_000), Lines]
ResolutionNote = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000), Lines]
Evidence = Annotated[
    str,
    StringConstraints(max_length=1_000, pattern=r"^https://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?([/?#][^\s]*)?$"),
    Plain,
    Field(description="an https address of a picture or document", examples=["https://files.example/cracked-lid.jpg"]),
]
EvidenceList = Annotated[list[Evidence], Field(max_length=MOST_EVIDENCE)]
Granted = Annotated[int, Field(strict=True, ge=1, le=LARGEST, description="ISO 4217 minor units", examples=[1250])]


class NewComplaint(Body):
    """What is wrong with an order, or with one line of it."""

    type: Type = Field(examples=["damaged"])
    description: Description = Field(examples=["The lid came in two pieces."])
    order_item_id: UUID | None = Field(default=None, description="the line it is about; absent: the whole order")
    evidence_urls: EvidenceList = Field(default_factory=list)


class ComplaintChange(Change):
    """The shopper writes anew and adds evidence, who handles it takes it under review; absent fields stay."""

    description: Description | None = None
    evidence_urls: EvidenceList | None = Field(default=None, description="added to those that stand; none is removed")
    status: Literal["under_review"] | None = Field(default=None, description="by the seller or an operator")


class Verdict(Body):
    """How a complaint ends."""

    resolution_type: Resolution = Field(examples=["refund"])
    resolution_note: ResolutionNote | None = Field(default=None, examples=["Sorry. The money is on its way."])
    amount_minor: Granted | None = Field(
        default=None, description="for refund and store_credit; absent: what the complaint's lines still cost"
    )

    @model_validator(mode="after")
    def _only_money_has_an_amount(self) -> Self:
        if self.amount_minor is not None and self.resolution_type not in ("refund", "store_credit"):
            raise misfit("amount_minor", "goes with refund or store_credit only")
        return self


class ComplaintsWanted(PageWanted):
    """Which complaints, and in which order."""

    status: list[Status] = Field(default_factory=list)
    type: list[Type] = Field(default_factory=list)
    seller_id: UUID | None = Field(default=None, description="operators only; complaints that are this seller's alone")
    since: Annotated[Instant | None, Field(alias="from")] = None
    until: Annotated[Instant | None, Field(alias="to")] = None
    sort: Literal["created_at", "-created_at"] = "created_at"


class ComplaintAnswer(Answer):
    """A complaint about an order; `resolution_minor` is in the order's currency."""

    id: UUID
    order_id: UUID
    order_number: str
    order_item_id: UUID | None
    seller_id: UUID | None
    type: Type
    description: str
    evidence_urls: list[str]
    status: Status
    resolution_type: Resolution | None
    resolution_note: str | None
    resolution_minor: int | None
    currency: str
    resolved_at: Moment | None
    created_at: Moment
    updated_at: Moment


class ComplaintsAnswer(BaseModel):
    """All complaints about an order, the newest first."""

    items: list[ComplaintAnswer]
