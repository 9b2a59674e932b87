"""Statements per seller and month: months follow on each other, and the last one ends at the balance."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest

from api.ledger.statements import span
from tests import shop

Db = psycopg.Connection[tuple[Any, ...]]
NAMES = ("sales", "discounts", "refunds", "commission", "payouts")


@pytest.fixture
def earner(api: str, category: str, shopper: httpx2.Client) -> Iterator[httpx2.Client]:
    """A new seller."""
    with closing(shop.seller(api)[0]) as client:
        yield client


def sold(shopper: httpx2.Client, earner: httpx2.Client, price: int) -> None:
    shop.buy(shopper, shop.product(earner, price=price, stock=1), 1).raise_for_status()


def statement(caller: httpx2.Client, earner: httpx2.Client, month: str) -> dict[str, int]:
    answer = caller.get(f"/sellers/{earner.headers['X-Seller']}/statements", params={"month": month})
    (found,) = answer.raise_for_status().json()["items"]
    assert found.pop("currency") == "GBP"
    numbers: dict[str, int] = {name.removesuffix("_minor"): minor for name, minor in found.items()}
    return numbers


def a_month_ago(db: Db) -> None:
    """All that was booked so far was booked in the month before."""
    db.execute("ALTER TABLE journal_entries DISABLE TRIGGER insert_only")
    db.execute("UPDATE journal_entries SET occurred_at = date_trunc('month', now()) - interval '1 second'")
    db.execute("ALTER TABLE journal_entries ENABLE TRIGGER insert_only")


def test_months_follow_on_each_other(shopper: httpx2.Client, earner: httpx2.Client, db: Db) -> None:
    """The closing is the opening and everything between; the present month closes at the balance of E-LED-2."""
    sold(shopper, earner, 10_000)
    a_month_ago(db)
    sold(shopper, earner, 5_000)
    now = datetime.now(UTC)
    before = f"{now.year - (now.month == 1)}-{(now.month - 2) % 12 + 1:02}"
    last, this = statement(earner, earner, before), statement(earner, earner, f"{now:%Y-%m}")
    assert (last["opening"], last["sales"], last["commission"], last["closing"]) == (0, 10_000, -1_000, 9_000)
    assert (this["opening"], this["sales"], this["closing"]) == (9_000, 5_000, 13_500)
    for month in (last, this):
        assert month["closing"] == month["opening"] + sum(month[name] for name in NAMES)
    (account,) = earner.get(f"/sellers/{earner.headers['X-Seller']}/balance").json()["items"]
    assert account["due_minor"] == this["closing"]


def test_statements_are_for_their_seller(
    earner: httpx2.Client, seller: httpx2.Client, shopper: httpx2.Client, operator: httpx2.Client
) -> None:
    """Strangers, roles, wrong months; nothing sold yet is an empty statement."""
    path, month = f"/sellers/{earner.headers['X-Seller']}/statements", {"month": "2026-11"}
    shop.sign_in_again(operator)
    assert earner.get(path, params=month).json() == operator.get(path, params=month).json() == {**month, "items": []}
    assert (seller.get(path, params=month).status_code, shopper.get(path, params=month).status_code) == (404, 403)
    assert seller.get(f"/sellers/{uuid4()}/statements", params=month).status_code == 404
    for wrong in ("2026-13", "2026-1", "november", "", "20\u0662\u0666-11"):
        answer = earner.get(path, params={"month": wrong})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "query.month")


@pytest.mark.parametrize(("month", "until"), [("2026-11", (2026, 12)), ("2026-12", (2027, 1)), ("2026-01", (2026, 2))])
def test_a_month_ends_where_the_next_begins(month: str, until: tuple[int, int]) -> None:
    assert span(month)[1] == datetime(*until, 1, tzinfo=UTC)


@pytest.mark.parametrize("what", ["balance", "payouts", "statements?month=2026-11"])
def test_of_no_seller_there_are_no_books(operator: httpx2.Client, earner: httpx2.Client, what: str) -> None:
    """E-LED-2, E-LED-4: an operator who mistypes an id is told so, and hears of no seller without sales."""
    shop.sign_in_again(operator)
    assert operator.get(f"/sellers/{uuid4()}/{what}").status_code == 404
    assert operator.get(f"/sellers/{earner.headers['X-Seller']}/{what}").json()["items"] == []
