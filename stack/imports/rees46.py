"""Plans an import of the REES46 clickstream: views and carts are clicks, purchases are one-line paid orders in USD.

A file is read twice: once for its products, accounts and purchases, once more for its clicks, so that memory is bound
by the former.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from zlib import crc32

import msgspec

from stack.imports.moments import moment
from stack.imports.plan import (
    MAX_KEY_LENGTH,
    MAX_PRICE_MINOR,
    Count,
    Line,
    Listing,
    Order,
    Plan,
    decimal,
    minor_units,
    most_frequent,
)
from stack.imports.sources import Layout, Row, Source

SOURCE = "rees46"
FIRST_SELLER, SELLERS = 12, 8
CLICKS = {"view": "Product Viewed", "cart": "Product Added"}
PURCHASE = "purchase"
STOCK_UNCATEGORISED = ("Uncategorised",)
NAME_LENGTH = 100
LAYOUT = Layout(
    "the REES46 data set",
    {
        "event_time": (), "event_type": (), "product_id": (), "category_id": (), "category_code": (), "brand": (),
        "price": (), "user_id": (), "user_session": (),
    },
)  # fmt: skip


class Visit(msgspec.Struct, frozen=True):
    """One row of the file that can be taken; `key` tells equal rows apart by their occurrence."""

    key: str
    at: datetime
    kind: str
    sku: str
    category: str
    brand: str
    price: str
    user: str
    session: str

    @property
    def price_minor(self) -> int:
        """The price in cents."""
        return minor_units(self.price)


class _Seen(msgspec.Struct):
    """What the rows of one product say about it."""

    prices: Count
    categories: Count
    brands: Count
    sold: int = 0


def plan(path: Path, source: str = SOURCE) -> Plan:
    """Read a file's purchases, products and accounts; `clicks` counts what `visits` will give besides."""
    return planned(Source(path, LAYOUT), source)


def planned(rows: Source, source: str) -> Plan:
    """The plan of some rows: each is a purchase, a click or a skipped row with its reason."""
    reader = _Reader()
    for visit in taken(rows, reader.skipped):
        reader.take(visit)
    return Plan(
        source=source,
        currency="USD",
        orders=sorted(reader.orders, key=lambda order: order.at),
        listings=[_listing(sku, seen) for sku, seen in sorted(reader.products.items())],
        accounts=reader.accounts,
        rows=reader.clicks + len(reader.orders) + sum(reader.skipped.values()),
        skipped=dict(reader.skipped),
        shipped=False,
        clicks=reader.clicks,
        until=reader.until,
    )


def clicks(path: Path) -> Iterator[Visit]:
    """The views and carts of a file, in its order."""
    return (visit for visit in taken(Source(path, LAYOUT), Count()) if visit.kind in CLICKS)


def seller_number(brand: str) -> int:
    """The demo seller (12..19) that lists a brand's products."""
    return FIRST_SELLER + crc32((brand or "unbranded").encode()) % SELLERS


def taken(rows: Source, skipped: Count) -> Iterator[Visit]:
    """Rows that can be taken; the others are counted in `skipped` by reason, once all are read."""
    occurrences: dict[bytes, int] = {}
    for row in rows:
        cells = [cell.strip() for cell in row]
        reason = _refusal(cells)
        if reason:
            skipped.add(reason)
        else:
            yield _visit(cells, occurrences)
    for reason, times in rows.broken.items():
        skipped.add(reason, times)


class _Reader:
    """Collects what a file says about its products, customers and purchases."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.products: dict[str, _Seen] = {}
        self.accounts: dict[str, datetime] = {}
        self.skipped = Count()
        self.clicks = 0
        self.until: datetime | None = None

    def take(self, visit: Visit) -> None:
        """One view, cart or purchase."""
        seen = self.products.setdefault(visit.sku, _Seen(Count(), Count(), Count()))
        seen.prices.add(visit.price)
        seen.categories.add(visit.category)
        seen.brands.add(visit.brand)
        self.until = max(self.until or visit.at, visit.at)
        known = self.accounts.get(visit.user)
        self.accounts[visit.user] = min(known, visit.at) if known else visit.at
        if visit.kind != PURCHASE:
            self.clicks += 1
            return
        seen.sold += 1
        line = Line(visit.sku, 1, visit.price_minor)
        self.orders.append(Order(visit.key, visit.at, visit.user, "", (line,), visit.session))


def _refusal(cells: Row) -> str | None:
    at, kind, product, _, _, _, price, user, session = cells
    if kind not in CLICKS and kind != PURCHASE:
        return f"event type {kind[:20]!r} is neither view, cart nor purchase"
    if not (product and user and session):
        return "product, user or session is empty"
    if max(len(product), len(user), len(session)) > MAX_KEY_LENGTH:
        return f"product, user or session is longer than {MAX_KEY_LENGTH} letters"
    try:
        moment(at)
    except ValueError:
        return "date cannot be read"
    return _price_refusal(kind, price)


def _price_refusal(kind: str, price: str) -> str | None:
    try:
        cents = minor_units(price)
    except ValueError:
        return "price is no number"
    if kind == PURCHASE and (decimal(price) <= 0 or cents < 0):
        return "price of a purchase is not above 0"
    if cents > MAX_PRICE_MINOR:
        return f"price is beyond {MAX_PRICE_MINOR // 100:,}"
    return "price is below 0" if cents < 0 else None


def _visit(cells: Row, occurrences: dict[bytes, int]) -> Visit:
    at, kind, product, _, category, brand, price, user, session = cells
    content = blake2b("\x1f".join(cells).encode(), digest_size=12)
    count = occurrences.get(content.digest(), 0) + 1
    occurrences[content.digest()] = count
    key, sku = f"{content.hexdigest()}-{count}", f"rees46-{product}"
    return Visit(key, moment(at), kind, sku, category, brand, price, user, session)


def _listing(sku: str, seen: _Seen) -> Listing:
    """The product as most rows describe it; an empty brand or category counts only when no row names one."""
    prices = {minor_units(price): 0 for price in seen.prices}
    for price, times in seen.prices.items():
        prices[minor_units(price)] += times
    brand = most_frequent(_named(seen.brands)) or ""
    category = _path(most_frequent(_named(seen.categories)) or "")
    return Listing(
        sku=sku,
        title=_title(sku, brand, category),
        seller=seller_number(brand),
        price_minor=most_frequent({price: times for price, times in prices.items() if price > 0}),
        sold=seen.sold,
        category=category,
        brand=brand[:NAME_LENGTH] or None,
    )


def _named(counts: Count) -> dict[str, int]:
    return {value: times for value, times in counts.items() if value}


@lru_cache(maxsize=4096)
def _path(code: str) -> tuple[str, ...]:
    names = tuple(part.replace("_", " ").capitalize()[:NAME_LENGTH] for part in code.split(".") if part)
    return names or STOCK_UNCATEGORISED


def _title(sku: str, brand: str, category: tuple[str, ...]) -> str:
    """The data set publishes no names: brand, kind of product and number make one."""
    kind = "" if category == STOCK_UNCATEGORISED else category[-1].lower()
    words = (brand.capitalize(), kind or "product", sku.removeprefix("rees46-"))
    return " ".join(word for word in words if word)[:255].capitalize()
