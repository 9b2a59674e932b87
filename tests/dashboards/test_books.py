"""The badge and the Books page say what the audit found."""

import uuid
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from clickhouse_connect.driver.client import Client

from clickhouse import verdicts
from tests.audit.shops import CUT, Town, mark
from tests.dashboards.conftest import Token, tiles
from tests.dashboards.test_pages import Visit, texts

MARKS = count(1)


def kept(clickhouse: Client, town: Town, verdict: verdicts.Verdict, reason: str = "") -> None:
    """A run of the audit that ended just now; a difference is a cent of the lamps."""
    run = verdicts.Run(uuid.uuid4(), datetime.now(UTC), 4_711, 14_212, verdict, 0.5, reason)
    cell = verdicts.Difference(
        seller_id=town.lamps.seller_id, currency="GBP", account="sales", day=town.today.date(),
        measure="ledger_account_day credit_minor", core_minor=None, landing_minor=3_750, mart_minor=3_751,
    )  # fmt: skip
    verdicts.record(clickhouse, run, [cell] if verdict == "different" else [])
    mark(clickhouse, datetime.now(UTC), CUT + next(MARKS))


@pytest.mark.parametrize(("verdict", "sentence", "badge"), [
    ("equal", "All 14,212 cells", "green"),
    ("different", "1 of 14,212 cells differ", "red"),
    ("could_not_compare", "PostgreSQL: gone", "orange"),
])  # fmt: skip
def test_the_verdict_is_said(  # noqa: PLR0917 - fixtures and cases
    town: Town, visit: Visit, token: Token, clickhouse: Client, verdict: verdicts.Verdict, sentence: str, badge: str
) -> None:
    """R-MOON-1: on the page in words, on every page as a badge."""
    kept(clickhouse, town, verdict, "PostgreSQL: gone." if verdict == "could_not_compare" else "")
    page = visit("books", token(None, "operator"))
    assert not page.exception
    assert sentence in texts(page)
    assert f":{badge}-badge" in texts(page)
    assert tiles(page)["Cells compared"] == "14,212"


def test_a_difference_names_its_cell(town: Town, visit: Visit, token: Token, clickhouse: Client) -> None:
    """Seller, account, day and the cent."""
    kept(clickhouse, town, "different")
    page = visit("books", token(None, "operator"))
    (row,) = next(frame.value for frame in page.dataframe if "measure" in frame.value).to_dict("records")
    assert (row["seller"], row["account"], row["difference"]) == ("lamps", "sales", "£0.01")


def test_the_trial_balance_comes_to_nothing(town: Town, visit: Visit, token: Token, clickhouse: Client) -> None:
    """R-LED-1: debits equal credits in every currency."""
    kept(clickhouse, town, "equal")
    page = visit("books", token(None, "admin"))
    trial = next(frame.value for frame in page.dataframe if "Debit" in frame.value)
    assert list(trial[trial["Account"] == "Total GBP"]["Balance"]) == ["£0.00"]


def test_a_seller_is_told_of_their_own_cells_only(town: Town, visit: Visit, token: Token, clickhouse: Client) -> None:
    """R-SEL-1: another shop's difference is nothing of theirs."""
    kept(clickhouse, town, "different")
    assert ":red-badge" in texts(visit("today", token(town.lamps.seller_id)))
    assert ":red-badge" not in texts(visit("today", token(town.chairs.seller_id)))


def test_the_badge_is_not_green_while_numbers_are_late(
    town: Town, visit: Visit, token: Token, clickhouse: Client
) -> None:
    """A sink that stands still: the audit compares the old cut and finds it equal, but it is old."""
    kept(clickhouse, town, "equal")
    mark(clickhouse, town.now - timedelta(minutes=5), CUT + next(MARKS))
    page = visit("today", token(town.lamps.seller_id))
    assert ":orange-badge" in texts(page)
    assert "catching up: " in texts(page)
