"""The Online Retail plan against the published figures and against the same rules written a second time."""

import random
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stack.home import CHECKOUT
from stack.imports import online_retail
from stack.imports.plan import Plan
from tests.imports.reference import Books, books

SHIPPED = CHECKOUT / "data" / "online_retail_ii_2009_2010.parquet"
COLUMNS = ["Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country"]
FORM_I = {"Invoice": "InvoiceNo", "Price": "UnitPrice", "Customer ID": "CustomerID"}


@pytest.fixture(scope="module")
def shipped() -> pd.DataFrame:
    return pd.read_parquet(SHIPPED)


def as_books(plan: Plan) -> Books:
    """A plan in the words of the reference."""
    totals = plan.totals()
    found = Books(
        orders=totals["orders"], lines=totals["lines"], units=totals["units"], gross=totals["gross_minor"],
        units_returned=totals["units_returned"], refunded=totals["refunded_minor"],
        unmatched=totals["units_unmatched"], skipped=totals["rows_skipped"],
    )  # fmt: skip
    for (seller, day), amounts in _cells(plan):
        before = found.by_day.get((seller, day), (0, 0, 0, 0))
        gross, units, refunded, returned = (a + b for a, b in zip(before, amounts, strict=True))
        found.by_day[seller, day] = gross, units, refunded, returned
    return found


def _cells(plan: Plan) -> Iterator[tuple[tuple[int, str], tuple[int, int, int, int]]]:
    sellers = {item.sku: item.seller for item in plan.listings}
    orders = {order.key: order for order in plan.orders}
    for order in plan.orders:
        for line in order.lines:
            cell = sellers[line.sku], order.at.date().isoformat()
            yield cell, (line.quantity * line.unit_minor, line.quantity, 0, 0)
    for back in plan.returns:
        for taken in back.units:
            line = orders[back.order].lines[taken.line]
            cell = sellers[line.sku], back.at.date().isoformat()
            yield cell, (0, 0, taken.quantity * line.unit_minor, taken.quantity)


def expected(frame: pd.DataFrame) -> Books:
    rows = frame.assign(InvoiceDate=pd.to_datetime(frame["InvoiceDate"]))
    rows["Customer ID"] = [f"{customer:.0f}" if pd.notna(customer) else None for customer in rows["Customer ID"]]
    return books(rows)


def write(frame: pd.DataFrame, path: Path, form: str) -> Path:
    """A frame in one of the forms in which the data sets are found."""
    if form == "parquet":
        frame.to_parquet(path, index=False)
    elif form == "parquet of form I":
        frame.assign(InvoiceDate=pd.to_datetime(frame["InvoiceDate"])).rename(columns=FORM_I).to_parquet(path)
    elif form == "csv":
        frame.to_csv(path, index=False)
    else:
        year = "%y" if "short" in form else "%Y"
        dates = [f"{d.month}/{d.day}/{d.strftime(year)} {d.hour}:{d:%M}" for d in pd.to_datetime(frame["InvoiceDate"])]
        frame.assign(InvoiceDate=dates).rename(columns=FORM_I).to_csv(path, index=False, encoding="latin-1")
    return path


def test_the_shipped_file_gives_the_published_figures() -> None:
    totals = online_retail.plan(SHIPPED).totals()
    assert {name: totals[name] for name in ("orders", "lines", "units", "gross_minor")} == {
        "orders": 20_573, "lines": 509_152, "units": 5_825_387, "gross_minor": 983_796_079,
    }  # fmt: skip
    assert (totals["units_returned"], totals["refunded_minor"], totals["units_unmatched"]) == (
        197_261, 23_546_025, 12_599,
    )  # fmt: skip
    assert (totals["rows"], totals["rows_skipped"], totals["accounts"]) == (525_461, 6_728, 5_892)


@pytest.mark.parametrize("form", ["parquet", "parquet of form I", "csv", "csv of form I", "csv of form I, short years"])
@pytest.mark.parametrize("seed", [1, 2])
def test_cuts_in_any_form_and_column_order_agree_with_the_reference(
    shipped: pd.DataFrame, tmp_path: Path, form: str, seed: int
) -> None:
    draw = random.Random(seed)
    start = draw.randrange(len(shipped) - 30_000)
    cut = shipped.iloc[start : start + 30_000]
    returning = cut[cut["Invoice"].str.startswith("C")]["Customer ID"].dropna().drop_duplicates().head(40)
    others = cut["Customer ID"].dropna().drop_duplicates().sample(40, random_state=seed)
    customers = pd.concat([returning, others])
    guests = cut[cut["Customer ID"].isna()].head(200)
    cut = pd.concat([cut[cut["Customer ID"].isin(customers)], guests]).sort_index()
    cut = cut[draw.sample(COLUMNS, len(COLUMNS))]
    if "short" in form or form == "csv of form I":
        cut = cut.assign(InvoiceDate=pd.to_datetime(cut["InvoiceDate"]).dt.floor("min").astype(str))
    plan = online_retail.plan(write(cut, tmp_path / "cut", form))
    assert asdict(as_books(plan)) == asdict(expected(cut))


CODES = st.sampled_from(["85048", "85048", "85048 ", "79323p", "79323P"])
OTHERS = st.sampled_from(["POST", "1234", "123456", "22041GIFT"])
EARLY = st.sampled_from(["2010-01-01 09:00:00", "2010-01-01 09:01:00", "2010-01-01 23:59:00", "2010-01-02 00:00:00"])
LATE = st.sampled_from(["2010-01-01 09:01:00", "2010-01-02 00:00:00", "2010-01-02 12:00:00", "2010-02-01 00:00:00"])
PRICES = st.sampled_from([2.675, 1.005, 0.85, 12.345, 0.25])
CUSTOMERS = st.sampled_from([13085.0, 13085.0, 13085.0, 13086.0, None])
SALES = st.sampled_from(["489434", "489435", "489436", "489437", "1489436"])
CANCELLATIONS = st.sampled_from(["C489440", "C489441", "C489442"])
SALE = st.tuples(SALES, CODES, st.integers(1, 9), EARLY, PRICES, CUSTOMERS)
RETURN = st.tuples(CANCELLATIONS, CODES, st.integers(-9, -1), LATE, PRICES, CUSTOMERS)
ODD = st.tuples(
    st.one_of(SALES, CANCELLATIONS, st.just("A5")), st.one_of(CODES, OTHERS), st.integers(-2, 2), EARLY,
    st.sampled_from([0.0, -1.5, 1.0]), CUSTOMERS,
)  # fmt: skip
ROWS = st.tuples(
    st.lists(SALE, min_size=4, max_size=12), st.lists(RETURN, min_size=1, max_size=6), st.lists(ODD, max_size=4)
).map(lambda several: [row for rows in several for row in rows])


@given(rows=ROWS, order=st.permutations(COLUMNS), shuffle=st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_made_up_rows_agree_with_the_reference(
    tmp_path: Path, rows: list[tuple[object, ...]], order: list[str], shuffle: random.Random
) -> None:
    shuffle.shuffle(rows)
    owner: dict[object, object] = {}
    frame = pd.DataFrame(
        [
            (invoice, code, "thing", quantity, at, price, owner.setdefault(invoice, customer), "France")
            for invoice, code, quantity, at, price, customer in rows
        ],
        columns=COLUMNS,
    ).astype({"Customer ID": "float64", "Quantity": "int64", "Price": "float64"})
    plan = online_retail.plan(write(frame[order], tmp_path / "rows", "csv"))
    assert asdict(as_books(plan)) == asdict(expected(frame))


def test_a_listing_takes_the_most_frequent_price_and_name(tmp_path: Path) -> None:
    lines = [
        ("85048", "LANTERN", "2.55"),
        ("85048", "LANTERN", "1.65"),
        ("85048 ", "lantern", "1.65"),
        ("85048", "", "0"),
    ]
    rows = [
        f"48943{i},{code},{name},1,2009-12-01 07:45:0{i},{price},13085,EIRE"
        for i, (code, name, price) in enumerate(lines)
    ]
    path = tmp_path / "rows.csv"
    path.write_text("\n".join([",".join(COLUMNS), *rows]))
    plan = online_retail.plan(path)
    (listing,) = plan.listings
    assert (listing.sku, listing.title, listing.price_minor, listing.sold) == ("85048", "LANTERN", 165, 3)
    assert plan.skipped == {"price of a sale is not above 0": 1}


def test_a_row_that_breaks_off_is_skipped_and_counted(shipped: pd.DataFrame, tmp_path: Path) -> None:
    whole = write(shipped.head(300), tmp_path / "whole.csv", "csv").read_bytes()
    (tmp_path / "cut.csv").write_bytes(whole.rstrip()[: -len(b",United Kingdom") - 3])
    plan = online_retail.plan(tmp_path / "cut.csv")
    assert plan.skipped["fewer columns than the header"] == 1
    assert plan.rows == 300
    left = expected(shipped.head(299))
    assert as_books(plan) == Books(**{**asdict(left), "skipped": left.skipped + 1})
