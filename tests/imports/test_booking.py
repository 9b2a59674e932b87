"""Plans booked into a real database: the tables and facts that live orders would have left, each once."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from stack.home import CHECKOUT
from stack.imports import booking, online_retail, window
from stack.imports.run import BusyError, Job, run
from stack.imports.sources import UnreadableFileError
from stack.imports.target import Target
from tests.imports.test_online_retail import as_books

SHIPPED = CHECKOUT / "data" / "online_retail_ii_2009_2010.parquet"
HEADER = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country"
ROWS = """\
500001,85048,LIGHTS,5,2010-01-04 10:00:00,2.00,13085,United Kingdom
500001,85048,LIGHTS,3,2010-01-04 10:00:00,1.50,13085,United Kingdom
500001,79323P,PINK LIGHTS,2,2010-01-04 10:00:00,6.75,13085,United Kingdom
500002,22041,RECORD FRAME,10,2010-01-04 11:00:00,2.10,,EIRE
500003,85048,LIGHTS,4,2010-01-05 09:00:00,2.05,13085,United Kingdom
500004,22041,RECORD FRAME,1,2010-01-06 09:00:00,0.004,13086,Atlantis
C500005,85048,LIGHTS,-6,2010-01-07 09:00:00,2.00,13085,United Kingdom
C500006,79323P,PINK LIGHTS,-2,2010-01-08 09:00:00,6.75,13085,United Kingdom
C500007,85048,LIGHTS,-6,2010-01-08 10:00:00,2.00,13085,United Kingdom
C500008,22041,RECORD FRAME,-1,2010-01-08 10:00:00,2.10,,EIRE
"""


class Quiet:
    """Progress that nobody watches; `stop_after` pieces it ends the run as a kill would, between two batches."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.left = stop_after

    def begin(self, step: str, pieces: int | None) -> None:
        """Nobody looks."""

    def advance(self, pieces: int) -> None:
        """Count down to the end."""
        if self.left is not None:
            self.left -= pieces
            if self.left < 0:
                raise KeyboardInterrupt


@contextmanager
def database(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text(f"{HEADER}\n{ROWS}")
    return path


def import_file(path: Path, source: str, progress: Quiet | None = None, **options: Any) -> dict[str, Any]:
    job = Job(path, online_retail.SOURCE, source, wait=False, **options)
    return asyncio.run(run(job, Target.here(), progress or Quiet()))


def facts(dsn: str, source: str) -> list[dict[str, Any]]:
    """Every fact of an import that waits in the outbox, oldest first: no relay runs here."""
    query = "SELECT convert_from(line, 'UTF8')::json FROM outbox ORDER BY id"
    with database(dsn) as connection:
        lines = [row[0] for row in connection.execute(query)]
    return [line for line in lines if line["correlation_id"].startswith(f"import:{source}:")]


def of_item(lines: list[dict[str, Any]], item: str) -> list[dict[str, Any]]:
    return [line for line in lines if line["correlation_id"].split(":", 2)[2] == item]


def books(dsn: str, source: str) -> dict[tuple[int, str], tuple[int, ...]]:
    """Gross, units, refunded and returned units per demo seller and day, out of the facts of the ledger."""
    with database(dsn) as connection:
        numbers = {str(i): int(slug[5:]) for i, slug in connection.execute("SELECT id, slug FROM sellers")}
    cells: dict[tuple[int, str], tuple[int, ...]] = {}
    for fact in facts(dsn, source):
        lines = fact["payload"]["lines"] if fact["event"] == "journal.posted" else []
        for line in (line for line in lines if line["account"] in ("sales", "refunds")):
            cell = numbers[line["seller_id"]], fact["occurred_at"][:10]
            sold, back = line["account"] == "sales", line["account"] == "refunds"
            amounts = (line["credit_minor"], sold * line["units"], line["debit_minor"], back * line["units"])
            cells[cell] = tuple(a + b for a, b in zip(cells.get(cell, (0, 0, 0, 0)), amounts, strict=True))
    return cells


def size(dsn: str) -> dict[str, int]:
    """Rows of every table."""
    with database(dsn) as connection:
        tables = [row[0] for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        names = {table: sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)) for table in tables}
        return {table: connection.execute(query).fetchall()[0][0] for table, query in names.items()}


def broken_stock(dsn: str) -> list[Any]:
    """Stock rows that are not the sum of their movements (R-INV-8)."""
    query = """
        SELECT i.id FROM inventory i JOIN stock_movements m ON m.inventory_id = i.id GROUP BY i.id
        HAVING sum(on_hand_delta) <> on_hand OR sum(reserved_delta) <> reserved OR count(*) <> i.version
            OR max(m.version) <> i.version"""
    with database(dsn) as connection:
        return connection.execute(query).fetchall()


def test_an_order_has_the_facts_and_rows_of_a_live_one(pg: str, rows: Path) -> None:
    """R-ORD-1, R-SHP-1, R-LED-2: placed, paid, sent and delivered in that order; later all of it comes back."""
    summary = import_file(rows, "life")
    assert (summary["orders_booked"], summary["returns_booked"], summary["units_unmatched"]) == (4, 4, 1)
    sellers = len({online_retail.seller_number(code) for code in ("85048", "79323P")})
    life = [fact["event"] for fact in of_item(facts(pg, "life"), "500001")]
    assert life == [
        "order.created", "order.validated", "stock.reserved", "stock.moved", "stock.moved", "payment.created",
        "payment.succeeded", "journal.posted", "journal.posted", "order.confirmed", "stock.deducted", "stock.moved",
        "stock.moved", *["shipment.created"] * sellers, "order.processing.started",
        *["shipment.tracked", "order.shipped"] * sellers, *["shipment.tracked", "order.delivered"] * sellers,
    ]  # fmt: skip
    created = of_item(facts(pg, "life"), "500001")[0]
    assert created["payload"]["total_minor"] == 5 * 200 + 3 * 150 + 2 * 675
    assert created["occurred_at"] == "2010-01-04T10:00:00Z"
    with database(pg) as connection:
        query = "SELECT status, version, delivered_at::text FROM orders WHERE id = %s"
        found = connection.execute(query, [created["aggregate_id"]]).fetchone()
    assert found == ("returned", 4 + 2 * sellers + 3 * 3, "2010-01-04 10:00:00+00")


def test_returns_take_the_newest_line_and_give_the_money_back(pg: str, rows: Path) -> None:
    """R-PAY-10, R-ORD-22: six units of 85048 come from the later order first, at each line's own price."""
    import_file(rows, "back")
    lines = facts(pg, "back")
    (newest,) = [f for f in of_item(lines, "C500005:500003:20100107090000") if f["event"] == "order.returned"]
    assert (newest["payload"]["refund_amount_minor"], newest["payload"]["full"]) == (4 * 205, True)
    older = of_item(lines, "C500005:500001:20100107090000")
    assert [fact["event"] for fact in older] == [
        "order.return.requested", "order.returned", "stock.moved", "refund.requested", "refund.approved",
        "refund.succeeded", "journal.posted", "journal.posted", "order.refunded",
    ]  # fmt: skip
    assert older[1]["payload"]["refund_amount_minor"] == 2 * 150
    assert broken_stock(pg) == []


def test_an_order_that_costs_nothing_has_no_payment(pg: str, rows: Path) -> None:
    """R-ORD-24: less than half a penny is nothing; the goods still leave the shelf."""
    import_file(rows, "free")
    events = [fact["event"] for fact in of_item(facts(pg, "free"), "500004")]
    assert not {"payment.created", "journal.posted"} & set(events)
    assert {"order.confirmed", "stock.deducted", "order.delivered"} <= set(events)


def test_a_second_run_changes_nothing(pg: str, rows: Path) -> None:
    import_file(rows, "twice")
    before = size(pg)
    again = import_file(rows, "twice")
    assert (again["orders_booked"], again["returns_booked"], again["booked_before"]) == (0, 0, 8)
    assert size(pg) == before


@pytest.mark.parametrize("stop_after", [0, 2, 5, 9])
def test_a_killed_run_goes_on(pg: str, rows: Path, monkeypatch: pytest.MonkeyPatch, stop_after: int) -> None:
    monkeypatch.setattr(booking, "EVENTS_A_BATCH", 1)
    monkeypatch.setattr(booking, "LISTINGS_A_BATCH", 2)
    source = f"killed-{stop_after}"
    with pytest.raises(KeyboardInterrupt):
        import_file(rows, source, Quiet(stop_after))
    import_file(rows, source)
    events = [(fact["event"], fact["aggregate_id"], fact["aggregate_seq"]) for fact in facts(pg, source)]
    assert len(events) == len(set(events))
    paid = {cell: sums for cell, sums in as_books(online_retail.plan(rows)).by_day.items() if sums[0] or sums[2]}
    assert books(pg, source) == paid
    assert broken_stock(pg) == []


def test_a_real_cut_fills_the_books_per_seller_and_day(pg: str, tmp_path: Path) -> None:
    """R-LED-5: the last three days of the shipped file."""
    import_file(SHIPPED, "cut", days=3)
    plan = window.newest(online_retail.plan(SHIPPED), 3)
    assert len(plan.orders) > 200
    assert books(pg, "cut") == as_books(plan).by_day
    assert broken_stock(pg) == []
    sequences: dict[str, list[int]] = {}
    for fact in facts(pg, "cut"):
        if not fact["event"].startswith(("stock.moved", "product.", "category.")):
            sequences.setdefault(fact["aggregate_id"], []).append(fact["aggregate_seq"])
    assert all(found == list(range(1, len(found) + 1)) for found in sequences.values())


def test_a_known_product_takes_the_new_title_and_price(pg: str, tmp_path: Path) -> None:
    """R-CAT-3: what was sold keeps its price."""
    for source, title, price in (("first", "OLD NAME", "1.00"), ("second", "NEW NAME", "1.25")):
        path = tmp_path / source
        path.write_text(f"{HEADER}\n500001,99999X,{title},1,2010-01-04 10:00:00,{price},1,EIRE\n")
        import_file(path, source)
    (updated,) = [fact for fact in facts(pg, "second") if fact["event"] == "product.updated"]
    assert updated["payload"]["changed"] == ["title", "price_minor"]
    assert (updated["payload"]["price_minor"], updated["payload"]["price_before_minor"]) == (125, 100)
    with database(pg) as connection:
        query = "SELECT i.on_hand FROM inventory i JOIN products p ON p.id = i.product_id WHERE p.sku = '99999X'"
        assert connection.execute(query).fetchone() == (200,)


def test_a_file_of_which_nothing_can_be_taken_is_an_error(pg: str, rows: Path) -> None:
    rows.write_text(f"{HEADER}\n{ROWS.replace('2010-', 'MMX-')}")
    with pytest.raises(UnreadableFileError, match=r"none of the 10 rows of rows.csv .* date cannot be read \(10\)"):
        import_file(rows, "nothing")


def test_one_import_of_a_source_runs_at_a_time(pg: str, rows: Path) -> None:
    with psycopg.connect(pg) as other:
        other.execute("SELECT pg_advisory_lock(hashtextextended('import:busy', 0))")
        with pytest.raises(BusyError, match="wait for it to end"):
            import_file(rows, "busy")
