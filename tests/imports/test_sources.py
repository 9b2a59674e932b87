"""Files that are not what they should be: each gets an error that names the part and the mend."""

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
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


def test_damaged_text_in_a_parquet_file_is_named(tmp_path: Path) -> None:
    table = pa.table({name: pa.array(["x"]) for name in HEADER.split(",")})
    text = table.set_column(2, "Description", pa.array(["LIGHTS"]))
    pq.write_table(text, tmp_path / "rows", compression="none", use_dictionary=False, write_statistics=False)
    assert "damaged" in refusal(tmp_path / "bad", (tmp_path / "rows").read_bytes().replace(b"LIGHTS", b"LI\xffHTS"))


@pytest.mark.parametrize(
    ("header", "named"),
    [
        (HEADER.replace("Price", "Prize"), "unknown column 'Prize'"),
        (HEADER.replace(",Price", ""), "missing column 'Price'"),
        (HEADER + ",Price", "column 'Price' stands in the header twice"),
        ("", "rows.csv is empty"),
        (HEADER.replace(",", ";"), "separates its columns by ';'"),
        ("\x89PNG" + "\x1a" * 90, "neither CSV (plain or gzip) nor Parquet"),
        ("x" * 500, "unknown column '" + "x" * 40 + "'"),
    ],
)
def test_columns_are_named(tmp_path: Path, header: str, named: str) -> None:
    assert named in refusal(tmp_path / "rows.csv", f"{header}\n{ROW}\n".encode() if header else b"")


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
        (3, "--5", "quantity is no whole number"),
        (3, "1e400000", "quantity is no whole number"),
        (3, "2000000", "quantity is beyond 1,000,000"),
        (4, "yesterday", "date cannot be read"),
        (4, "2009-02-30 07:45:00", "date cannot be read"),
        (5, "6,95 GBP", "price is no number"),
        (5, "nan", "price is no number"),
        (5, "1e12", "price is beyond 10,000,000"),
        (4, "9999-01-01 00:00:00", "date cannot be read"),
        (4, "25/12/2009 07:45", "date cannot be read"),
        (6, "1" * 41, "invoice, stock code or customer is longer than 40 letters"),
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


def test_an_invoice_without_a_readable_date_is_no_order(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(f"{HEADER}\n{ROW.replace('2009', 'year')}\n{ROW.replace('489434', '489435')}\n")
    plan = online_retail.plan(path)
    assert [order.key for order in plan.orders] == ["489435"]
    assert plan.skipped == {"date cannot be read": 1}


@pytest.mark.parametrize(
    ("start", "named"),
    [
        (b"PK\x03\x04", "Excel workbook"),
        (b"BZh9", "bzip2"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (gzip.compress(b"Invoice,StockCode\n", mtime=0)[:12], "breaks off before its first row"),
        (bytes(range(256)), "neither CSV (plain or gzip) nor Parquet"),
    ],
)
def test_other_kinds_of_files_are_named(tmp_path: Path, start: bytes, named: str) -> None:
    assert named in refusal(tmp_path / "file", start)


def test_zero_bytes_in_text_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(f"{HEADER}\n{ROW.replace('LIGHTS', 'LI' + chr(0) + 'GHTS')}\n")
    assert online_retail.plan(path).listings[0].title == "LIGHTS"
