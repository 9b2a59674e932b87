"""Requests and answers of the books."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.pagination import PageWanted
from api.schemas import Answer, Body, CompleteUpTo, Currency, Moment


class BooksWanted(PageWanted):
    """Which cells of the books; days are UTC and inclusive."""

    since: Annotated[date | None, Field(alias="from", description="first day")] = None
    until: Annotated[date | None, Field(alias="to", description="last day")] = None
    seller_id: UUID | None = None
    currency: Currency | None = None
    complete_to: Annotated[
        int | None, Field(ge=1, description="cut X: entries of transactions below it; default: the newest cut")
    ] = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 1000


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


class SalesWanted(Body):
    """Whose sales, and when; days are UTC and inclusive."""

    since: Annotated[date | None, Field(alias="from", description="first day; default: the last one")] = None
    until: Annotated[date | None, Field(alias="to", description="last day; default: today")] = None
    seller_id: Annotated[UUID | None, Field(description="for operators; default: all sellers")] = None
    currency: Annotated[Currency | None, Field(description="default: the seller's, or the platform's")] = None


class DashboardWanted(SalesWanted):
    """Whose dashboard."""

    compare: Annotated[bool, Field(description="also as many days before")] = False


Interval = Literal["hour", "day", "week", "month"]
Group = Literal["status", "category", "area", "payment_method"]


class OrdersWanted(SalesWanted):
    """Which orders, by which time and in which groups."""

    interval: Annotated[
        Interval, Field(description="hours are there for today and seven days before, if not grouped")
    ] = "day"
    group: Annotated[Group | None, Field(description="of the order, or of the product: `category`")] = None


class Figures(Answer):
    """Sales as the books define them, in minor units; the average order is null without any."""

    gross_minor: int = Field(description="captured money for goods, tax contained")
    discount_minor: int
    refund_minor: int
    net_minor: int = Field(description="gross less discounts, refunds and tax")
    tax_minor: int
    shipping_minor: int
    orders: int = Field(description="orders that were paid")
    units: int
    units_returned: int
    aov_minor: int | None = Field(description="average order: gross less discounts, by orders")


class PeriodSales(Figures):
    """The books of some days; a refund counts on the day it was made, whenever the order was."""

    since: Annotated[date, Field(serialization_alias="from")]
    until: Annotated[date, Field(serialization_alias="to")]
    registrations: int | None = Field(default=None, description="new accounts; for operators who ask about all sellers")
    final: bool = Field(description="whole; otherwise later facts may still belong to it")


class DashboardAnswer(PeriodSales):
    """The numbers of a seller or of all; what stands in the shop now beside them."""

    seller_id: UUID | None
    currency: str
    open_complaints: int = Field(description="now")
    low_stock: int = Field(description="products on sale now of which no more is left than the seller's threshold")
    rating_average: str | None = Field(description="of the products on sale now, two decimals", examples=["4.25"])
    rating_count: int
    before: PeriodSales | None = Field(description="as many days before")
    source: Literal["redis"] = "redis"
    complete_up_to: CompleteUpTo


class Point(Figures):
    """Sales of one stretch of time in one group; the first and last hold the asked days only."""

    start: Moment
    group: str | None = Field(default=None, description="status, id of the category, province_id or payment method")
    final: bool


class OrdersAnswer(Answer):
    """Sales in order of time; grouped ones are read of the ledger itself, without stretches in which nothing was."""

    seller_id: UUID | None
    currency: str
    items: list[Point]
    source: Literal["redis", "postgres"]
    complete_up_to: CompleteUpTo
