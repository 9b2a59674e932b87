"""The rules of the Online Retail import a second time, with data frames and plain loops: slow, and written apart."""

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from zlib import crc32

import pandas as pd

GOODS = r"\d{5}[A-Z]*"


@dataclass
class Books:
    """What the books must show."""

    orders: int = 0
    lines: int = 0
    units: int = 0
    gross: int = 0
    units_returned: int = 0
    refunded: int = 0
    unmatched: int = 0
    skipped: int = 0
    by_day: dict[tuple[int, str], tuple[int, int, int, int]] = field(default_factory=dict)
    """Seller number and day: gross, units, refunded, units returned."""


def pence(price: object) -> int:
    return int((Decimal(str(price)) * 100).quantize(Decimal(1), ROUND_HALF_UP))


def books(frame: pd.DataFrame) -> Books:
    """The books of rows with the columns of form II, dates as timestamps, customers as text or None."""
    rows = frame.reset_index(drop=True).copy()
    rows["row"] = rows.index
    rows["code"] = rows["StockCode"].astype(str).str.strip().str.upper()
    goods = rows[rows["code"].str.fullmatch(GOODS)]
    invoices = goods["Invoice"].astype(str)
    sales = goods[invoices.str.fullmatch(r"\d+") & (goods["Quantity"] > 0) & (goods["Price"] > 0)].copy()
    returns = goods[invoices.str.startswith("C") & (goods["Quantity"] < 0)]
    sales["at"] = sales.groupby("Invoice")["InvoiceDate"].transform("min")
    sales["unit"] = [pence(price) for price in sales["Price"]]
    sales["left"] = sales["Quantity"]
    found = Books(
        orders=sales["Invoice"].nunique(),
        lines=len(sales),
        units=int(sales["Quantity"].sum()),
        gross=int((sales["Quantity"] * sales["unit"]).sum()),
        skipped=len(rows) - len(sales) - len(returns),
    )
    for line in sales.itertuples():
        _add(found, line.code, line.at, (line.Quantity * line.unit, line.Quantity, 0, 0))
    for back in returns.sort_values(["InvoiceDate", "Invoice", "row"]).to_dict("records"):
        _give_back(found, sales, back)
    return found


def _give_back(found: Books, sales: pd.DataFrame, back: dict[str, object]) -> None:
    wanted = -int(str(back["Quantity"]))
    theirs = sales[
        (sales["code"] == back["code"])
        & (sales["Customer ID"] == back["Customer ID"])
        & (sales["at"] < back["InvoiceDate"])
    ]
    theirs = theirs.assign(number=theirs["Invoice"].astype(int)).sort_values(["at", "number", "row"], ascending=False)
    for index in theirs.index:
        taken = min(wanted, int(sales.at[index, "left"]))
        sales.at[index, "left"] -= taken
        wanted -= taken
        minor = taken * int(sales.at[index, "unit"])
        found.units_returned += taken
        found.refunded += minor
        if taken:
            _add(found, str(back["code"]), back["InvoiceDate"], (0, 0, minor, taken))
    found.unmatched += wanted


def _add(found: Books, code: str, at: object, amounts: tuple[int, int, int, int]) -> None:
    cell = crc32(code.encode()) % 12, str(at)[:10]
    before = found.by_day.get(cell, (0, 0, 0, 0))
    gross, units, refunded, returned = (int(a) + int(b) for a, b in zip(before, amounts, strict=True))
    found.by_day[cell] = gross, units, refunded, returned
