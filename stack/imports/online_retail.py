"""Plans an import of the Online Retail data sets (UCI), in both published forms.

Rules: goods are stock codes (trimmed, upper case) of five digits and then letters only, if any. A sale line is a goods
row of an all-digit invoice with quantity and price above 0; a return is a goods row of an invoice that begins with C
with quantity below 0. One invoice is one order at its earliest time.
"""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from zlib import crc32

import msgspec

from stack.imports.moments import moment
from stack.imports.plan import (
    MAX_KEY_LENGTH,
    MAX_PRICE_MINOR,
    MAX_QUANTITY,
    Count,
    Line,
    Listing,
    Order,
    Plan,
    Returned,
    decimal,
    minor_units,
    most_frequent,
    whole,
)
from stack.imports.returns import in_turn, match
from stack.imports.sources import Layout, Row, Source

SOURCE = "online-retail"
SELLERS = 12
CATEGORY = ("Gifts",)
LAYOUT = Layout(
    "the Online Retail data set",
    {
        "Invoice": ("InvoiceNo",),
        "StockCode": (),
        "Description": (),
        "Quantity": (),
        "InvoiceDate": (),
        "Price": ("UnitPrice",),
        "Customer ID": (),
        "Country": (),
    },
)
TITLE_LENGTH = 255


class _Sale(msgspec.Struct, frozen=True, gc=False):
    at: datetime
    customer: str
    area: str
    line: Line


class _Described(msgspec.Struct):
    """What the goods rows of one code say about it."""

    prices: dict[int, int]
    names: dict[str, int]


class _SkippedRowError(Exception):
    """This row is neither a sale line nor a return; the argument is the reason."""


def plan(path: Path, source: str = SOURCE) -> Plan:
    """Read a file into a plan; UnreadableFileError when it is not of this data set or cannot be read."""
    return planned(Source(path, LAYOUT), source)


def planned(rows: Source, source: str) -> Plan:
    """The plan of some rows: every one of them ends as a sale line, a return or a skipped row with its reason."""
    reader = _Reader()
    for row in rows:
        reader.take(row)
    for reason, times in rows.broken.items():
        reader.skipped.add(reason, times)
    orders = _orders(reader.sales)
    returns, unmatched = match(orders, reader.returned)
    accounts: dict[str, datetime] = {}
    for order in orders:
        accounts.setdefault(order.customer, order.at)
    return Plan(
        source=source,
        currency="GBP",
        orders=orders,
        returns=returns,
        returned=reader.returned,
        listings=_listings(orders, reader.described),
        accounts=accounts,
        rows=reader.rows + sum(rows.broken.values()),
        skipped=dict(reader.skipped),
        unmatched_units=unmatched,
        until=max([*(order.at for order in orders), *(back.at for back in returns)], default=None),
    )


def seller_number(code: str) -> int:
    """The demo seller (0..11) that lists a stock code."""
    return crc32(code.encode()) % SELLERS


class _Reader:
    """Sorts rows into sales by invoice, returned units, and skipped rows."""

    def __init__(self) -> None:
        self.sales: dict[str, list[_Sale]] = {}
        self.returned: list[Returned] = []
        self.described: dict[str, _Described] = {}
        self.skipped = Count()
        self.rows = 0

    def take(self, row: Row) -> None:
        """Place one row."""
        self.rows += 1
        try:
            self._place(row)
        except _SkippedRowError as skipped:
            self.skipped.add(str(skipped))

    def _place(self, row: Row) -> None:
        invoice, code = row[0].strip().upper().removesuffix(".0"), row[1].strip().upper()
        if not _is_goods(code):
            raise _SkippedRowError("stock code is not goods")
        if max(len(invoice), len(code), len(row[6])) > MAX_KEY_LENGTH:
            raise _SkippedRowError(f"invoice, stock code or customer is longer than {MAX_KEY_LENGTH} letters")
        self._describe(code, row[2], row[5])
        quantity = _quantity(row[3])
        if invoice.isascii() and invoice.isdigit():
            self._sell(invoice, code, quantity, row)
        elif invoice.startswith("C"):
            if quantity >= 0:
                raise _SkippedRowError("quantity of a cancellation is not below 0")
            customer = _customer(row[6])
            self.returned.append(Returned(_at(row[4]), invoice, self.rows, code, -quantity, customer))
        else:
            raise _SkippedRowError("invoice is neither a sale nor a cancellation")

    def _sell(self, invoice: str, code: str, quantity: int, row: Row) -> None:
        if quantity <= 0:
            raise _SkippedRowError("quantity of a sale is not above 0")
        customer = _customer(row[6]) or f"guest-{invoice}"
        sale = _Sale(_at(row[4]), customer, row[7].strip(), Line(code, quantity, _price(row[5])))
        self.sales.setdefault(invoice, []).append(sale)

    def _describe(self, code: str, name: str, price: str) -> None:
        described = self.described.setdefault(code, _Described({}, {}))
        if name := name.strip():
            described.names[name] = described.names.get(name, 0) + 1
        try:
            pence = minor_units(price)
        except ValueError:
            return
        if 0 < pence <= MAX_PRICE_MINOR:
            described.prices[pence] = described.prices.get(pence, 0) + 1


def _is_goods(code: str) -> bool:
    return len(code) >= 5 and code.isascii() and code[:5].isdigit() and (len(code) == 5 or code[5:].isalpha())


def _quantity(text: str) -> int:
    try:
        quantity = whole(text)
    except ValueError as error:
        raise _SkippedRowError("quantity is no whole number") from error
    if abs(quantity) > MAX_QUANTITY:
        raise _SkippedRowError(f"quantity is beyond {MAX_QUANTITY:,}")
    return quantity


def _price(text: str) -> int:
    try:
        price, pence = decimal(text), minor_units(text)
    except ValueError as error:
        raise _SkippedRowError("price is no number") from error
    if price <= 0:
        raise _SkippedRowError("price of a sale is not above 0")
    if pence > MAX_PRICE_MINOR:
        raise _SkippedRowError(f"price is beyond {MAX_PRICE_MINOR // 100:,}")
    return pence


def _at(text: str) -> datetime:
    try:
        return moment(text)
    except ValueError as error:
        raise _SkippedRowError("date cannot be read") from error


def _customer(text: str) -> str | None:
    return text.strip().removesuffix(".0") or None


def _orders(sales: dict[str, list[_Sale]]) -> list[Order]:
    """Orders in time order, then by invoice; an invoice that names several customers belongs to its first one."""
    orders = [
        Order(
            key=invoice,
            at=min(sale.at for sale in taken),
            customer=next((s.customer for s in taken if not s.customer.startswith("guest-")), taken[0].customer),
            area=taken[0].area,
            lines=tuple(sale.line for sale in taken),
        )
        for invoice, taken in sales.items()
    ]
    return in_turn(orders)


def _listings(orders: Iterable[Order], described: dict[str, _Described]) -> list[Listing]:
    sold: dict[str, int] = {}
    for order in orders:
        for line in order.lines:
            sold[line.sku] = sold.get(line.sku, 0) + line.quantity
    return [
        Listing(
            sku=code,
            title=(most_frequent(described[code].names) or code)[:TITLE_LENGTH],
            seller=seller_number(code),
            price_minor=most_frequent(described[code].prices),
            sold=units,
            category=CATEGORY,
        )
        for code, units in sorted(sold.items())
    ]
