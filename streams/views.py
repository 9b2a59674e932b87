"""Read models that the stream side publishes for the core: names of keys and fields, plain data.

| name | type | content |
| --- | --- | --- |
| `inventory_key(product_id)` | string | available units |
| `product_version_key(product_id)` | string | its version after the last change; an older copy is stale |
| `rating_key(product_id)` | string | average and number of its ratings; a copy that says otherwise is stale |
| `popular_key()`, `popular_key(category_id)` | sorted set | up to 100 product ids by net units of 30 days |
| `TRENDING_KEY` | sorted set | up to 100 product ids by views and sales of the last 24 hours |
| `similar_key(product_id)`, `user_list_key(user_id)` | list | up to 100 product ids, the best first |
| `LISTS_CUT_KEY` | string | up to where the lists are complete, as `Published` reads it |
| `dashboard_key(scope, currency)` | hash | the fields of `Dashboard`, numbers as text, `hours` as JSON |
| `day_key(scope, currency, day)` | string | the sales of a day, as `DaySales` reads it; no key: no sales |
| `DAYS_CUT_KEY` | string | up to where the days are complete, as `Published` reads it; no key: days are missing |
| index `search_index(prefix)` | Meilisearch | one document a product (requirements 14.4) |
| index `search_cut_index(products)` | Meilisearch | up to where those are complete, units sold aside; empty: not |
"""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

import msgspec

from streams.windows import is_final

ALL = "all"
"""Scope of a dashboard over all sellers."""

LIST_LENGTH = 100
TRENDING_KEY = "rec:trending"
LISTS_CUT_KEY = "rec:complete_up_to"
DAYS_CUT_KEY = "analytics:complete_up_to"
DAYS_KEPT = 395
"""How many days before today are published; ClickHouse and the ledger keep every day."""
HOURS_KEPT = 7
"""How many days before today are published by hour as well."""


def inventory_key(product_id: UUID | str) -> str:
    """Redis key of a product's available units."""
    return f"inventory:{product_id}"


def product_version_key(product_id: UUID | str) -> str:
    """Redis key of the version that a product has; the core serves no copy of it that is older."""
    return f"product_version:{product_id}"


def rating_key(product_id: UUID | str) -> str:
    """Redis key of what buyers gave a product, as `rating_text` writes it; absent before the first rating."""
    return f"product_rating:{product_id}"


def rating_text(rating_average: str | None, rating_count: int) -> str:
    """Average and number of ratings as one text, to compare."""
    return f"{rating_average or ''}:{rating_count}"


def average(rating_sum: int, rating_count: int) -> str | None:
    """The mean of some ratings with two decimals, half up, the same on every side (R-REV-3); None without any."""
    if not rating_count:
        return None
    hundredths = (200 * rating_sum + rating_count) // (2 * rating_count)
    return f"{hundredths // 100}.{hundredths % 100:02}"


def popular_key(category_id: UUID | str | None = None) -> str:
    """Redis key of the popular products, of all or of one category and those below it."""
    return f"rec:popular:{category_id}" if category_id else "rec:popular"


def similar_key(product_id: UUID | str) -> str:
    """Redis key of the products that go with one."""
    return f"rec:similar:{product_id}"


def user_list_key(user_id: UUID | str) -> str:
    """Redis key of the products for one shopper."""
    return f"rec:user:{user_id}"


def dashboard_key(scope: UUID | str, currency: str) -> str:
    """Redis key of today's numbers of one seller, or of ALL."""
    return f"analytics:dashboard:{scope}:{currency}"


def day_key(scope: UUID | str, currency: str, day: date | str) -> str:
    """Redis key of one UTC day's sales of one seller, or of ALL."""
    return f"analytics:orders:{scope}:{currency}:{day}"


def search_index(prefix: str = "") -> str:
    """Name of the product index; the topic prefix keeps instances on one server apart."""
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in prefix) + "products"


def search_cut_index(products: str) -> str:
    """Name of the index beside a product index that says up to where it is complete."""
    return products + "_cut"


SEARCH_CUT_ID = "products"


def price_from(price_minor: int) -> int:
    """The lower end of a price's range, which is one of 1, 2, 5, 10, 20, 50, ... minor units."""
    step: int = 10 ** (len(str(price_minor)) - 1)
    return max(lead * step for lead in (1, 2, 5) if lead * step <= price_minor)


def price_below(start: int) -> int:
    """Where the range that starts there ends: prices in it are lower."""
    return start * 5 // 2 if str(start).startswith("2") else start * 2


class Published(msgspec.Struct, frozen=True):
    """How far a read model has come: every fact of a transaction below `tx` is in it, as of the moment `at`."""

    tx: int
    at: datetime

    def text(self) -> str:
        """As Redis has it."""
        return f"{self.tx} {self.at.isoformat()}"

    @classmethod
    def read(cls, text: str) -> "Published":
        """Out of Redis."""
        tx, _, at = text.partition(" ")
        return cls(int(tx), datetime.fromisoformat(at))

    def is_final(self, end: datetime) -> bool:
        """Whether the time before `end` is whole; a later fact about it is a revision."""
        return is_final(int(end.timestamp()), 0, self.at)


class Sales(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Sales of some time, as the books define them; those of several times or sellers may be added up."""

    gross_minor: int = 0
    discount_minor: int = 0
    refund_minor: int = 0
    net_minor: int = 0
    tax_minor: int = 0
    shipping_minor: int = 0
    orders: int = 0
    units: int = 0
    units_returned: int = 0

    @staticmethod
    def total(some: Iterable["Sales"]) -> "Sales":
        """All of them added up."""
        names, listed = Sales.__struct_fields__, list(some)
        return Sales(**{name: sum(getattr(one, name) for one in listed) for name in names})


class DaySales(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Sales of one UTC day, and by hour where that is kept."""

    day: Sales
    hours: dict[int, Sales] = msgspec.field(default_factory=dict)

    def text(self) -> bytes:
        """As Redis has it."""
        return msgspec.json.encode(self)

    @classmethod
    def read(cls, text: bytes | str | None) -> "DaySales":
        """Out of Redis."""
        return msgspec.json.decode(text, type=cls) if text else cls(day=Sales())


class HourSales(Sales, frozen=True, kw_only=True, omit_defaults=False):
    """Sales of one hour of the UTC day, 0 to 23; `final` once the progress marks have passed it."""

    hour: int
    final: bool


class Dashboard(Sales, frozen=True, kw_only=True, omit_defaults=False):
    """Numbers of one UTC day so far; sums of `hours`. `complete_up_to` is None while the cut is not known."""

    day: str
    complete_up_to: int | None
    complete_at: str | None
    hours: tuple[HourSales, ...] = ()


def to_hash(dashboard: Dashboard) -> dict[str, str]:
    """The fields of the Redis hash; unknown ones are left out."""
    fields = {name: getattr(dashboard, name) for name in Dashboard.__struct_fields__ if name != "hours"}
    known = {name: str(value) for name, value in fields.items() if value is not None}
    return known | {"hours": msgspec.json.encode(dashboard.hours).decode()}


def from_hash(fields: dict[str, str]) -> Dashboard | None:
    """The dashboard in a Redis hash (text, not bytes); None for a key that is not there."""
    if not fields:
        return None
    values: dict[str, object] = {"complete_up_to": None, "complete_at": None, **fields}
    values["hours"] = msgspec.json.decode(fields.get("hours", "[]"))
    return msgspec.convert(values, Dashboard, strict=False)
