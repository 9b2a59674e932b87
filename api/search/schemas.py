"""Requests and answers of a search."""

from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator

from api.pagination import PageWanted
from api.schemas import MAX_MINOR, Answer, Body, CompleteUpTo, Currency, Minor, Moment, Plain, Text100, misfit

DEEPEST = 1000
"""How many results of a search can be paged through."""

Source = Literal["meilisearch", "postgres"]
Sort = Literal["relevance", "price", "-price", "-rating", "-created_at", "-units_sold"]


def _single_spaced(value: str) -> str:
    return " ".join(value.split())


_Price = Annotated[int, Field(ge=0, le=MAX_MINOR)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), Plain, AfterValidator(_single_spaced)]
Typed = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50), Plain]


class SearchWanted(PageWanted):
    """Words, filters and an order; sheets are asked for as `spec.<key>` beside these."""

    model_config = ConfigDict(extra="allow", frozen=True)

    q: Words = Field(default="", description="empty: everything", examples=["teapot"])
    category_id: UUID | None = Field(default=None, description="with everything below it")
    brand: list[Text100] = Field(default=[], max_length=20, description="repeatable")
    seller_id: UUID | None = None
    price_min: _Price | None = None
    price_max: _Price | None = None
    currency: Currency | None = None
    rating_min: Annotated[Decimal, Field(ge=1, le=5, decimal_places=6)] | None = None
    in_stock: bool | None = None
    sort: Sort = Field(
        default="relevance", description="-units_sold: of all time, of 30 days while the source is postgres"
    )


class FoundProduct(Answer):
    """A product as search knows it; its price and stock may be behind those of its page by a moment."""

    id: UUID
    sku: str
    seller_id: UUID
    spec_id: UUID | None
    category_ids: list[UUID] = Field(description="from the top level down")
    category: list[str] = Field(description="their names")
    name: str
    brand: str | None
    price_minor: Minor
    currency: str
    in_stock: bool
    rating_average: str | None = Field(description="two decimals", examples=["4.25"])
    rating_count: int
    image: str | None = Field(description="address of the first picture", examples=["/v1/images/9f86d081/small"])
    created_at: Moment | None


class CategoryCount(Answer):
    """A category, and how many of the found products are in it or below."""

    id: UUID
    name: str
    count: int


class BrandCount(Answer):
    """A brand, and how many of the found products are of it."""

    brand: str
    count: int


class PriceCount(Answer):
    """Prices from `from_minor` up to, without, `below_minor`."""

    from_minor: int
    below_minor: int
    count: int


class RatingCount(Answer):
    """Products with this average or a better one."""

    rating_min: int
    count: int


class StockCount(Answer):
    """How many can be bought now, and how many not."""

    in_stock: int
    sold_out: int


class Facets(Answer):
    """What the found products are like, the most frequent first; prices only where all are in one currency."""

    category: list[CategoryCount]
    brand: list[BrandCount]
    price: list[PriceCount]
    rating: list[RatingCount]
    in_stock: StockCount


class Found(Answer):
    """A page of a search. Clicks on its products carry `query_id`."""

    items: list[FoundProduct]
    next_cursor: str | None
    facets: Facets | None = Field(description="null while the source is postgres")
    estimated_total: int = Field(description="at most 1,000")
    query_id: UUID = Field(description="the same on every page of a search")
    source: Source = Field(description="`postgres` while the index is away: whole words and their beginnings only")
    complete_up_to: CompleteUpTo = Field(description="units sold aside, which only rank")


class SuggestWanted(Body):
    """What was typed so far."""

    q: Typed | None = Field(default=None, examples=["tea"])
    prefix: Typed | None = Field(default=None, description="the older name of q")
    limit: int = Field(default=10, ge=1, le=10)

    @model_validator(mode="after")
    def _one_of_them(self) -> "SuggestWanted":
        if self.q is None and self.prefix is None:
            raise misfit("q", "is missing", "missing")
        if self.q is not None and self.prefix is not None:
            raise misfit("prefix", "is the older name of q; leave it out")
        return self

    @property
    def typed(self) -> str:
        """The text, whatever it is called."""
        return " ".join((self.q or self.prefix or "").split())


class Suggestion(Answer):
    """What somebody may mean."""

    text: str
    kind: Literal["product", "category", "brand"]
    id: UUID | None = Field(description="of the product or the category; a brand has none")


class Suggestions(Answer):
    """The likeliest categories and brands, then products."""

    items: list[Suggestion]
