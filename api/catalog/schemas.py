"""Requests and answers of products and categories."""

from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, model_validator

from api.pagination import PageWanted
from api.schemas import (
    LARGEST,
    MAX_MINOR,
    Answer,
    Body,
    Change,
    Currency,
    Flag,
    Lines,
    Minor,
    Moment,
    Plain,
    Text50,
    Text100,
    Text255,
    Version,
    in_words,
)

LITERALS = frozenset({"inventory", "popular", "me", "search", ".", ".."})
SPECIFICATION_BYTES = 16 * 1024
"""Of the numbers in sheets: what every reader of JSON holds to the unit (RFC 8259, 6); the index breaks at others."""


def _sku(value: str) -> str:
    try:
        UUID(value.removesuffix("/movements"))
    except ValueError:
        if value.lower() not in LITERALS:
            return value
    raise ValueError("must look neither like a UUID nor like a word of the paths")


Sku = Annotated[Text50, AfterValidator(_sku), Field(examples=["85123A"])]
Keyword = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50), Plain]
Description = Annotated[str, StringConstraints(max_length=20_000), Lines]
Price = Annotated[int, Field(strict=True, gt=0, le=MAX_MINOR, description="ISO 4217 minor units", examples=[255])]
TaxBp = Annotated[int, Field(strict=True, ge=0, le=5000, description="tax contained in the price, basis points")]
Grams = Annotated[int, Field(strict=True, ge=0, le=2_147_483_647)]
OnHand = Annotated[int, Field(strict=True, ge=0, le=1_000_000_000)]
_Name = Annotated[str, StringConstraints(min_length=1, max_length=64), Plain]
_Text = Annotated[str, StringConstraints(max_length=2000), Lines]
_Whole = Annotated[int, Field(ge=-LARGEST, le=LARGEST)]
_Number = Annotated[float, Field(ge=-LARGEST, le=LARGEST, allow_inf_nan=False)]
_Value = Annotated[
    _Text | Flag | _Whole | _Number,
    in_words(f"must be a text of at most 2,000 characters, true, false, or a number of at most {LARGEST:,}"),
]


def _small(value: dict[str, Any]) -> dict[str, Any]:
    if sum(len(str(part).encode()) for item in value.items() for part in item) > SPECIFICATION_BYTES:
        raise ValueError(f"must not be larger than {SPECIFICATION_BYTES} bytes")
    return value


Specifications = Annotated[dict[_Name, _Value], AfterValidator(_small), Field(examples=[{"colour": "white"}])]


class NewProduct(Body):
    """A product to list; its currency is the seller's."""

    sku: Sku
    name: Text255 = Field(examples=["White hanging heart T-light holder"])
    category_id: UUID
    price_minor: Price
    currency: Currency | None = Field(default=None, description="may be left out", examples=["GBP"])
    description: Description = ""
    brand: Text100 | None = None
    keywords: list[Keyword] = Field(default=[], max_length=20)
    tax_bp: TaxBp = 0
    weight_grams: Grams = 0
    spec_id: UUID | None = Field(default=None, description="a sheet that is there already")
    specifications: Specifications | None = Field(default=None, description="makes a new sheet")
    on_hand: OnHand = Field(default=0, description="opening stock")
    status: Literal["active", "inactive"] = Field(default="active", description="inactive: not for sale yet")

    @model_validator(mode="after")
    def _one_sheet(self) -> "NewProduct":
        if self.spec_id and self.specifications is not None:
            raise ValueError("give either spec_id or specifications")
        return self


class ProductChange(Change):
    """Fields to change; absent ones stay, null clears brand and spec_id."""

    clears: ClassVar[frozenset[str]] = frozenset({"brand", "spec_id"})

    sku: Sku | None = None
    name: Text255 | None = None
    category_id: UUID | None = None
    price_minor: Price | None = None
    description: Description | None = None
    brand: Text100 | None = None
    keywords: Annotated[list[Keyword], Field(max_length=20)] | None = None
    tax_bp: TaxBp | None = None
    weight_grams: Grams | None = None
    status: Literal["active", "inactive"] | None = None
    spec_id: UUID | None = Field(default=None, description="another sheet to refer to")
    specifications: Specifications | None = Field(default=None, description="the whole sheet, if this seller made it")
    expected_version: Version | None = None

    @model_validator(mode="after")
    def _one_sheet(self) -> "ProductChange":
        if {"spec_id", "specifications"} <= self.model_fields_set:
            raise ValueError("give either spec_id or specifications")
        return self


class Product(Answer):
    """One seller's offer of one thing."""

    id: UUID
    sku: str
    seller_id: UUID
    spec_id: UUID | None
    category_id: UUID
    category: list[str] = Field(description="names from the top level down")
    name: str
    description: str
    brand: str | None
    keywords: list[str]
    price_minor: Minor
    currency: str
    tax_bp: int
    weight_grams: int
    status: Literal["active", "inactive", "deleted"]
    available: int = Field(description="units that can be sold now")
    in_stock: bool
    rating_average: str | None = Field(description="two decimals", examples=["4.25"])
    rating_count: int
    version: int
    created_at: Moment
    updated_at: Moment


class ImageAnswer(Answer):
    """A picture; `urls` by size (small, medium, large: at most 320, 800 and 1600 pixels on the longer edge)."""

    id: UUID
    width: int
    height: int
    position: int
    urls: dict[str, str] = Field(examples=[{"small": "/v1/images/9f86d081884c7d659a2feaa0c55ad015/small"}])


class ProductPage(Product):
    """A product with what its page shows beside it."""

    specifications: dict[str, str | bool | int | float]
    images: list[ImageAnswer]
    offers: int = Field(description="active offers of the same specification sheet, this one included")


class ProductsWanted(PageWanted):
    """Which products, and in what order."""

    category_id: UUID | None = Field(default=None, description="with everything below it")
    seller_id: UUID | None = None
    brand: list[Text100] = Field(default=[], max_length=20, description="repeatable")
    spec_id: UUID | None = None
    ids: list[UUID] = Field(default=[], max_length=100, description="repeatable")
    price_min: int | None = Field(default=None, ge=0, le=MAX_MINOR)
    price_max: int | None = Field(default=None, ge=0, le=MAX_MINOR)
    in_stock: bool | None = None
    rating_min: Annotated[Decimal, Field(ge=0, le=5, decimal_places=6)] | None = None
    status: Literal["active", "inactive", "deleted"] = Field(
        default="active", description="other than active: the owner's own, or for operators"
    )
    sort: Literal["created_at", "-created_at", "price", "-price", "name", "-name", "rating", "-rating"] = "-created_at"


class NewCategory(Body):
    """A category to add; without a parent it stands on the top level."""

    name: Text100 = Field(examples=["Home"])
    parent_id: UUID | None = None
    position: int = Field(default=0, strict=True, ge=0, le=1_000_000)


class CategoryChange(Change):
    """Fields to change; absent ones stay, a parent of null moves it to the top level."""

    clears: ClassVar[frozenset[str]] = frozenset({"parent_id"})

    name: Text100 | None = Field(default=None, examples=["Home"])
    parent_id: UUID | None = None
    position: Annotated[int, Field(strict=True, ge=0, le=1_000_000)] | None = None


class Category(Answer):
    """A category."""

    id: UUID
    name: str
    slug: str
    parent_id: UUID | None
    position: int
    products: int = Field(default=0, description="active products directly in it")


class Branch(Category):
    """A category and what stands below it."""

    children: list["Branch"] = Field(default=[])


class Categories(BaseModel):
    """Categories: a list, or the whole tree."""

    items: list[Branch] | list[Category]
