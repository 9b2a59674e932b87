"""The demo's window: the newest days alone, moved by whole weeks to now, as if only their rows had been read."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from stack.home import CHECKOUT
from stack.imports import online_retail, window
from stack.imports.plan import Plan

SHIPPED = CHECKOUT / "data" / "online_retail_ii_2009_2010.parquet"


@pytest.fixture(scope="module")
def shipped() -> Plan:
    return online_retail.plan(SHIPPED)


def test_the_newest_days_are_what_their_rows_alone_give(shipped: Plan, tmp_path: Path) -> None:
    cut = pd.read_parquet(SHIPPED)
    cut[cut["InvoiceDate"] >= "2010-11-26"].to_parquet(tmp_path / "cut.parquet")
    alone = online_retail.plan(tmp_path / "cut.parquet")
    newest = window.newest(shipped, 14)
    assert newest.orders == alone.orders
    assert {back.key: back for back in newest.returns} == {back.key: back for back in alone.returns}
    assert {item.sku: item.sold for item in newest.listings} == {item.sku: item.sold for item in alone.listings}
    assert newest.accounts == alone.accounts


def test_weeks_end_no_later_than_now_and_weekdays_stay() -> None:
    end = datetime(2010, 12, 9, 20, 1, tzinfo=UTC)
    for now in (datetime(2026, 11, 19, 20, tzinfo=UTC), datetime(2026, 11, 21, 9, tzinfo=UTC), end):
        by = window.steps_to(now, end, window.WEEK)
        assert now - timedelta(weeks=1) < end + by <= now
        assert (end + by).weekday() == end.weekday()


def test_everything_moves_together(shipped: Plan) -> None:
    plan = window.newest(shipped, 2)
    moved = window.moved(plan, window.WEEK)
    assert plan.until is not None
    assert moved.until == plan.until + window.WEEK
    assert [order.at - window.WEEK for order in moved.orders] == [order.at for order in plan.orders]
    assert moved.totals() == plan.totals()
