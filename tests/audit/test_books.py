"""The books reconcile, and one cent changed by hand anywhere is named (R-MOON-1, R-LED-5)."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from clickhouse_connect.driver.client import Client

from audit import once, watch
from audit.books import Outcome, as_json
from audit.settings import AuditSettings
from clickhouse.client import one
from tests.audit.shops import CUT, Town, fill, mark, order, post
from tests.conftest import clickhouse_client

Core = psycopg.Connection[tuple[object, ...]]


@pytest.fixture(scope="module")
def core(pg: str) -> Iterator[Core]:
    with psycopg.connect(pg, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def town(core: Core, clickhouse: Client) -> Town:
    built = Town()
    fill(built, core, clickhouse)
    return built


def run(pg: str) -> Outcome:
    return once.run(AuditSettings(postgres_dsn=pg))


def named(outcome: Outcome) -> set[tuple[str, str, str, str, int]]:
    return {
        (d["side"], d["seller"], d["account"], d["measure"], d["difference"]) for d in as_json(outcome)["differences"]
    }


def test_the_same_facts_are_equal(town: Town, pg: str) -> None:
    outcome = run(pg)
    assert (outcome.verdict, outcome.reason) == ("equal", "")
    assert outcome.complete_to == CUT
    assert outcome.cells > 40


def test_a_cent_in_the_ledgers_mart_is_named(town: Town, pg: str, clickhouse: Client) -> None:
    insert = (
        "INSERT INTO ledger_hour_state (seller_id, currency, hour, kind, account, debit_minor, credit_minor, units)"
        " VALUES ({seller:UUID}, 'GBP', toStartOfHour({at:DateTime('UTC')}), 'sale', 'sales', 0, {cent:Int64}, 0)"
    )
    cell = {"seller": town.lamps.seller_id, "at": town.today}
    clickhouse.command(insert, {**cell, "cent": 1})
    try:
        outcome = run(pg)
    finally:
        clickhouse.command(insert, {**cell, "cent": -1})
    assert outcome.verdict == "different"
    assert named(outcome) == {
        ("books_day", "lamps", "books", "gross_minor", 1), ("books_day", "lamps", "books", "net_minor", 1),
        ("ledger_account_day", "lamps", "sales", "credit_minor", 1),
    }  # fmt: skip
    assert {d.cell.day for d in outcome.differences} == {town.today.date()}
    assert run(pg).verdict == "equal"


def test_a_cent_in_the_products_mart_is_named(town: Town, pg: str, clickhouse: Client) -> None:
    insert = (
        "INSERT INTO sales_product_hour_state (seller_id, product_id, currency, hour, refund_minor)"
        " VALUES ({seller:UUID}, {product:UUID}, 'GBP', toStartOfHour({at:DateTime('UTC')}), {cent:Int64})"
    )
    cell = {"seller": town.chairs.seller_id, "product": town.chairs.product_id, "at": town.today}
    clickhouse.command(insert, {**cell, "cent": 1})
    try:
        outcome = run(pg)
    finally:
        clickhouse.command(insert, {**cell, "cent": -1})
    account = f"product {town.chairs.product_id}"
    assert named(outcome) == {("sales_product_hour", "chairs", account, "refund_minor", 1)}


def test_a_cent_in_a_landed_row_is_named(town: Town, pg: str, clickhouse: Client) -> None:
    update = (
        "ALTER TABLE landing_journal_lines UPDATE debit_minor = debit_minor + {cent:Int64}"
        " WHERE account = 'refunds' AND kind = 'refund' SETTINGS mutations_sync = 1"
    )
    clickhouse.command(update, {"cent": 1})
    try:
        outcome = run(pg)
    finally:
        clickhouse.command(update, {"cent": -1})
    assert ("landing", "lamps", "refund refunds", "debit_minor", 1) in named(outcome)
    assert ("books_day", "lamps", "books", "refund_minor", -1) in named(outcome)
    assert run(pg).verdict == "equal"


def test_a_cent_in_the_ledger_is_named(town: Town, pg: str, core: Core) -> None:
    """By somebody who may switch the guards off; everybody else is refused (R-LED-2)."""

    def change(cent: int) -> None:
        with core.transaction():
            core.execute("ALTER TABLE journal_lines DISABLE TRIGGER insert_only")
            core.execute(
                "UPDATE journal_lines SET debit_minor = debit_minor + %s WHERE account = 'commission_charged'"
                " AND seller_id = %s AND debit_minor > 0", [cent, town.chairs.seller_id],
            )  # fmt: skip
            core.execute("ALTER TABLE journal_lines ENABLE TRIGGER insert_only")

    change(1)
    try:
        outcome = run(pg)
    finally:
        change(-1)
    assert named(outcome) == {("landing", "chairs", "commission commission_charged", "debit_minor", -1)}
    assert run(pg).verdict == "equal"


def test_what_is_above_the_cut_waits(town: Town, pg: str, core: Core) -> None:
    """An entry that may not have landed yet is no difference."""
    (entry, *_) = order([town.lamps.sold(1)], datetime.now(UTC))
    post(core, entry, CUT)
    assert run(pg).verdict == "equal"


def test_a_run_is_kept_for_the_pages(town: Town, pg: str, clickhouse: Client, core: Core) -> None:
    """The verdict with its cut, and every differing cell with what each side says."""
    (entry, *_) = order([town.chairs.sold(1)], town.now)
    post(core, entry, CUT - 1)
    try:
        outcome = run(pg)
        watch.keep(outcome)
    finally:
        with core.transaction():
            core.execute("ALTER TABLE journal_lines DISABLE TRIGGER insert_only")
            core.execute("ALTER TABLE journal_entries DISABLE TRIGGER insert_only")
            core.execute("DELETE FROM journal_lines WHERE entry_id = %s", [entry.posted.entry_id])
            core.execute("DELETE FROM journal_entries WHERE id = %s", [entry.posted.entry_id])
            core.execute("ALTER TABLE journal_lines ENABLE TRIGGER insert_only")
            core.execute("ALTER TABLE journal_entries ENABLE TRIGGER insert_only")
    own = {"run": outcome.run_id}
    kept = one(clickhouse, "SELECT verdict, differing, complete_to FROM audit_verdicts WHERE run_id = {run:UUID}", own)
    assert tuple(kept) == ("different", len(outcome.differences), CUT)
    cells = "SELECT mart_minor, measure FROM audit_differences WHERE run_id = {run:UUID} AND account = 'sale sales'"
    assert (None, "landing credit_minor") in map(tuple, clickhouse.query(cells, own).result_rows)


def test_without_an_answer_nothing_is_claimed(town: Town, env: dict[str, str]) -> None:
    """Neither equal nor different: could not compare, and why."""
    nobody = AuditSettings(postgres_dsn="postgresql://nobody:secret@127.0.0.1:1/none")
    outcome = once.run(nobody)
    assert outcome.verdict == "could_not_compare"
    assert outcome.reason.startswith("PostgreSQL:")
    assert "secret" not in outcome.reason


def test_the_command_says_it_by_its_exit_code(town: Town, env: dict[str, str], pg: str) -> None:
    """0 equal, 2 could not compare; 1 is any test above that sees a difference."""
    command = [sys.executable, "-m", "stack.cli", "reconcile", "--json"]
    done = subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, json.loads(done.stdout)["verdict"]) == (0, "equal"), done.stderr
    gone = {**os.environ, **env, "ATLANTIC_POSTGRES_DSN": "postgresql://nobody@127.0.0.1:1/none"}
    done = subprocess.run(command, env=gone, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, json.loads(done.stdout)["verdict"]) == (2, "could_not_compare")


def test_a_partition_without_a_mark_is_waited_for(town: Town, pg: str, env: dict[str, str], clickhouse: Client) -> None:
    """A cut over some partitions only would compare too much."""
    clickhouse.command("TRUNCATE TABLE progress_state")
    try:
        outcome = run(pg)
    finally:
        mark(clickhouse, town.now)
    assert outcome.verdict == "could_not_compare"
    assert "0 of 48 partitions" in outcome.reason
    with clickhouse_client(env, "operator_pages", "OPERATOR") as reader:
        assert one(reader, "SELECT partitions FROM progress_cut")[0] == 48
