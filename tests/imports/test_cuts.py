"""Cuts of one data set, imported one after the other, book what one file of all their rows would."""

import random
from pathlib import Path

import pandas as pd
import pytest

from stack.home import CHECKOUT
from stack.imports import booking, online_retail
from tests.imports.test_booking import HEADER, Quiet, books, broken_stock, import_file, size
from tests.imports.test_online_retail import expected

SHIPPED = CHECKOUT / "data" / "online_retail_ii_2009_2010.parquet"
Cells = dict[tuple[int, str], tuple[int, ...]]
DAYS = pd.date_range("2010-01-04", "2010-03-01")


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """Eight weeks of the customers who return the most, and some guests."""
    frame = pd.read_parquet(SHIPPED)
    frame = frame[frame["InvoiceDate"].between(str(DAYS[0]), str(DAYS[-1]))]
    returning = frame[frame["Invoice"].str.startswith("C")]["Customer ID"].value_counts().head(10).index
    guests = frame[frame["Customer ID"].isna()].head(30)
    return pd.concat([frame[frame["Customer ID"].isin(returning)], guests]).sort_index()


def between(rows: pd.DataFrame, first: int, last: int) -> pd.DataFrame:
    """The rows of some of the eight weeks."""
    return rows[rows["InvoiceDate"].between(str(DAYS[7 * (first - 1)]), str(DAYS[7 * last]))]


def bring(rows: pd.DataFrame, folder: Path, source: str) -> dict[str, int]:
    path = folder / "cut.parquet"
    rows.to_parquet(path, index=False)
    return import_file(path, source)


@pytest.fixture(scope="module")
def whole(rows: pd.DataFrame) -> Cells:
    """The books of one file of all the rows, by the rules written apart."""
    return {cell: sums for cell, sums in expected(rows).by_day.items() if sums[0] or sums[2]}


@pytest.mark.parametrize(
    "weeks",
    [[(1, 4), (5, 8)], [(1, 5), (3, 8)], [(1, 3), (1, 8)], [(3, 5), (1, 8)], [(5, 8), (1, 4), (5, 8)]],
    ids=["one after the other", "overlapping", "a part and the whole", "the middle and the whole", "the newer first"],
)
def test_cuts_of_other_weeks_add_up(
    pg: str,
    rows: pd.DataFrame,
    whole: Cells,
    tmp_path: Path,
    weeks: list[tuple[int, int]],
) -> None:
    source = "weeks-" + "-".join(f"{first}{last}" for first, last in weeks)
    for first, last in weeks:
        bring(between(rows, first, last), tmp_path, source)
    assert books(pg, source) == whole
    assert broken_stock(pg) == []
    before = size(pg)
    again = bring(between(rows, *weeks[-1]), tmp_path, source)
    assert (again["orders_booked"], again["returns_booked"]) == (0, 0)
    assert size(pg) == before


def test_rows_in_another_order_are_the_same_rows(pg: str, rows: pd.DataFrame, whole: Cells, tmp_path: Path) -> None:
    bring(between(rows, 1, 4), tmp_path, "shuffled")
    summary = bring(rows.sample(frac=1, random_state=7), tmp_path, "shuffled")
    assert summary["units_left_out"] == 0
    assert books(pg, "shuffled") == whole


@pytest.mark.parametrize("seed", [1, 2])
def test_a_file_that_was_cut_off_is_completed(
    pg: str, rows: pd.DataFrame, whole: Cells, tmp_path: Path, seed: int
) -> None:
    """Its last invoice lacked lines: they become an order of their own, and the books are those of the whole file."""
    source, draw = f"completed-{seed}", random.Random(seed)
    sales = rows[rows["Invoice"].str.isdigit()]
    invoices = sales["Invoice"].value_counts()
    last = draw.choice(sorted(invoices[invoices > 5].index))
    end = sales.index[sales["Invoice"] == last][2]
    bring(rows.loc[:end], tmp_path, source)
    assert bring(rows, tmp_path, source)["orders_booked"] > 0
    assert books(pg, source) == whole
    before = size(pg)
    assert bring(rows, tmp_path, source)["orders_booked"] == 0
    assert size(pg) == before


def test_a_killed_cut_goes_on(
    pg: str, rows: pd.DataFrame, whole: Cells, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(between(rows, 1, 4), tmp_path, "killed")
    monkeypatch.setattr(booking, "EVENTS_A_BATCH", 7)
    between(rows, 3, 8).to_parquet(tmp_path / "newer.parquet", index=False)
    goods = len(online_retail.plan(tmp_path / "newer.parquet").listings)
    for events in (0, 10, 25):
        with pytest.raises(KeyboardInterrupt):
            import_file(tmp_path / "newer.parquet", "killed", Quiet(goods + events))
    import_file(tmp_path / "newer.parquet", "killed")
    assert books(pg, "killed") == whole


def test_a_return_of_goods_that_only_another_file_sells(pg: str, tmp_path: Path) -> None:
    for number, row in enumerate(
        (
            "500001,85048,LIGHTS,5,2010-01-04 10:00:00,2.00,13085,EIRE",
            "C500002,85048,LIGHTS,-2,2010-02-04 10:00:00,2.00,13085,EIRE",
        )
    ):
        (tmp_path / f"{number}.csv").write_text(f"{HEADER}\n{row}\n")
    import_file(tmp_path / "0.csv", "later")
    summary = import_file(tmp_path / "1.csv", "later")
    assert (summary["units_returned"], summary["refunded_minor"], summary["units_unmatched"]) == (2, 400, 0)
