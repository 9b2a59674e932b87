"""Files that are not what they should be: each gets an error that names the part and the mend."""

import gzip
from pathlib import Path

import pytest

from stack.home import CHECKOUT
from stack.imports import online_retail, rees46
from stack.imports.sources import UnreadableFileError

SHIPPED = CHECKOUT / "data" / "online_retail_ii_2009_2010.parquet"
HEADER = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country"
ROW = "489434,85048,LIGHTS,12,2009-12-01 07:45:00,6.95,13085.0,United Kingdom"


def refusal(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(UnreadableFileError) as error:
        online_retail.plan(path)
    return str(error.value)


def test_a_cut_off_parquet_file_is_named(tmp_path: Path) -> None:
    said = refusal(tmp_path / "cut.parquet", SHIPPED.read_bytes()[:1_000_000])
    assert "cut.parquet" in said
    assert "download it again" in said


@pytest.mark.parametrize(
    ("header", "named"),
    [
        (HEADER.replace("Price", "Prize"), "unknown column 'Prize'"),
        (HEADER.replace(",Price", ""), "missing column 'Price'"),
        (HEADER + ",Price", "column 'Price' stands in the header twice"),
        ("", "missing column 'Invoice'"),
    ],
)
def test_columns_are_named(tmp_path: Path, header: str, named: str) -> None:
    assert named in refusal(tmp_path / "rows.csv", f"{header}\n{ROW}\n".encode())


def test_an_open_quote_and_utf_16_are_named(tmp_path: Path) -> None:
    opened = f'{HEADER}\n489434,85048,"LIGHTS,12,2009-12-01 07:45:00,6.95,13085.0,EIRE\n' + f"{ROW}\n" * 4000
    assert "line" in refusal(tmp_path / "quote.csv", opened.encode())
    assert "save it as UTF-8" in refusal(tmp_path / "wide.csv", f"{HEADER}\n{ROW}\n".encode("utf-16"))


def test_index_columns_and_byte_order_marks_and_latin_1_are_read(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes("\ufeff".encode() + f",{HEADER}\n0,{ROW}\n1,{ROW}\n".encode())
    assert online_retail.plan(path).totals()["lines"] == 2
    path.write_bytes(f"{HEADER}\n{ROW.replace('LIGHTS', 'CAFÉ £5')}\r\n".encode("latin-1"))
    assert online_retail.plan(path).listings[0].title == "CAFÉ £5"


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        (3, "a dozen", "quantity is no whole number"),
        (3, "1.5", "quantity is no whole number"),
        (4, "yesterday", "date cannot be read"),
        (4, "2009-02-30 07:45:00", "date cannot be read"),
        (5, "6,95 GBP", "price is no number"),
        (5, "nan", "price is no number"),
        (0, "X1", "invoice is neither a sale nor a cancellation"),
    ],
)
def test_cells_that_cannot_be_read_skip_their_row_alone(tmp_path: Path, field: int, value: str, reason: str) -> None:
    cells = ROW.split(",")
    cells[field] = f'"{value}"'
    path = tmp_path / "rows.csv"
    path.write_text(f"{HEADER}\n{','.join(cells)}\n{ROW}\n")
    plan = online_retail.plan(path)
    assert plan.skipped == {reason: 1}
    assert plan.totals()["lines"] == 1


def test_a_truncated_gzip_gives_what_can_be_read(tmp_path: Path) -> None:
    whole = gzip.decompress((CHECKOUT / "data" / "rees46_2019_10_01.csv.gz").read_bytes())
    packed = gzip.compress(whole)
    (tmp_path / "cut.csv.gz").write_bytes(packed[: len(packed) // 2])
    plan = rees46.plan(tmp_path / "cut.csv.gz")
    assert plan.skipped == {"cut off: the compressed file ends or breaks here": 1}
    readable = len(plan.orders) + plan.clicks
    assert 6_000 < readable < 12_000
    assert plan.rows == readable + 1
    (tmp_path / "same.csv").write_bytes(b"".join(whole.splitlines(keepends=True)[: readable + 1]))
    same = rees46.plan(tmp_path / "same.csv")
    assert (same.orders, same.clicks, same.skipped) == (plan.orders, plan.clicks, {})
