"""Requests and answers of the lists."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.schemas import Answer, Body, CompleteUpTo, Minor

Source = Literal["redis", "popular", "category", "postgres"]


class Wanted(Body):
    """How many products."""

    limit: int = Field(default=10, ge=1, le=50)


class PopularWanted(Wanted):
    """How many products, and where from."""

    category_id: UUID | None = Field(default=None, description="with everything below it")


class Recommended(Answer):
    """A product that can be bought now."""

    id: UUID
    sku: str
    seller_id: UUID
    category_id: UUID
    category: list[str] = Field(description="names from the top level down")
    name: str
    brand: str | None
    price_minor: Minor
    currency: str
    available: int = Field(description="units that can be sold now")
    rating_average: str | None = Field(description="two decimals", examples=["4.25"])
    rating_count: int
    score: int | None = Field(
        description="units sold in 30 days, less those given back; null where only ranks are known"
    )


class Recommendations(Answer):
    """The best first; to be told of as a Product List Viewed click with this `list_id`."""

    list_id: Literal["rec:popular", "rec:user", "rec:similar"]
    items: list[Recommended]
    source: Annotated[
        Source,
        Field(
            description="`redis`: the list itself. In its place: `popular` or `category`, the popular products in all "
            "or in the category; `postgres`, made of the orders while the lists are away"
        ),
    ]
    complete_up_to: CompleteUpTo
