"""What is asked of the books over HTTP, and the bodies of the answers."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.pagination import CursorText
from api.schemas import Answer, Currency, Moment


class BooksWanted(BaseModel):
    """Which cells of the books; days are UTC and inclusive."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    since: Annotated[date | None, Field(alias="from", description="first day")] = None
    until: Annotated[date | None, Field(alias="to", description="last day")] = None
    seller_id: UUID | None = None
    currency: Currency | None = None
    complete_to: Annotated[
        int | None, Field(ge=1, description="cut X: entries of transactions below it; default: the newest cut")
    ] = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 1000
    cursor: CursorText = None


class CellAnswer(Answer):
    """One cell of the books: a seller's UTC day in one currency, amounts in minor units."""

    seller_id: UUID
    currency: str
    day: date
    gross_minor: int
    discount_minor: int
    refund_minor: int
    net_minor: int
    tax_minor: int
    shipping_minor: int
    commission_minor: int
    units: int
    units_returned: int


class BooksAnswer(Answer):
    """The core's side of the books at a cut: ask the further pages with the same `complete_to`."""

    complete_to: int
    at: Moment
    cells: list[CellAnswer]
    next_cursor: str | None = None
