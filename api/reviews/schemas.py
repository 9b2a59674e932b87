"""Requests and answers of reviews."""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from api.pagination import Page, PageWanted
from api.schemas import Answer, Body, Change, Lines, Moment, Version

Stars = Annotated[int, Field(strict=True, ge=1, le=5, examples=[4])]
Comment = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=5000),
    Lines,
    Field(examples=["Pours without a drop beside the cup."]),
]
Status = Literal["visible", "hidden"]


class NewReview(Body):
    """What a buyer thinks of a product that was delivered."""

    product_id: UUID
    rating: Stars
    comment: Comment | None = None


class ReviewChange(Change):
    """Fields to change; absent ones stay, null takes the comment back."""

    clears: ClassVar[frozenset[str]] = frozenset({"comment"})

    rating: Stars | None = Field(default=None, description="the author's")
    comment: Comment | None = Field(default=None, description="the author's")
    status: Status | None = Field(default=None, description="operators: a hidden review leaves list and average")
    expected_version: Version | None = None


class ReviewsWanted(PageWanted):
    """Whose or which product's reviews, and in what order."""

    product_id: UUID | None = Field(default=None, description="may be left out with mine=true")
    mine: bool = Field(default=False, description="the caller's own, hidden ones too")
    rating: int | None = Field(default=None, ge=1, le=5)
    has_comment: bool | None = None
    status: Status = Field(default="visible", description="operators only; everybody else sees the visible ones")
    sort: Literal["-created_at", "created_at", "rating", "-rating"] = "-created_at"


class Review(Answer):
    """One buyer's rating of a product, and the comment if there is one."""

    id: UUID
    product_id: UUID
    author: str = Field(description="first name and initial", examples=["Ayu L."])
    rating: int
    comment: str | None
    status: Status
    version: int
    created_at: Moment
    updated_at: Moment


class Reviews(Page[Review]):
    """One page of reviews, and what all of them say, whatever `rating` and `has_comment` leave of the list."""

    rating_average: str | None = Field(description="two decimals; null without reviews", examples=["4.25"])
    rating_count: int
    histogram: list[int] = Field(description="how many gave 1, 2, 3, 4 and 5", examples=[[0, 0, 1, 1, 2]])
