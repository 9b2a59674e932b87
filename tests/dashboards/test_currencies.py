"""A shop that sells in several currencies: one at a time, never added up, each with its own digits."""

import uuid
from dataclasses import replace

import pytest
from clickhouse_connect.driver.client import Client

from dashboards.data import Scope, ask
from dashboards.money import money
from tests.audit.shops import Shop, Town, land, order
from tests.clickhouse.log_lines import click, envelope
from tests.dashboards.conftest import Token, tiles
from tests.dashboards.test_pages import Visit

POUNDS = Shop("travel", 1_999)
SOLD = {"GBP": (POUNDS, 1), "EUR": (replace(POUNDS, product_id=uuid.uuid4(), price_minor=2_550, currency="EUR"), 3),
        "JPY": (replace(POUNDS, product_id=uuid.uuid4(), price_minor=4_800, currency="JPY"), 2)}  # fmt: skip


@pytest.fixture(scope="module")
def travel(town: Town, clickhouse: Client) -> Shop:
    """Three products, each in another currency, sold once and looked at as often as units were sold."""
    for shop, units in SOLD.values():
        land(clickhouse, shop.opened(town.now)[0 if shop is POUNDS else 1 :], "catalog")
        sold = order([shop.sold(units)], town.today, shop.currency)
        land(clickhouse, [envelope(entry.posted, at=entry.occurred_at) for entry in sold], "ledger")
        land(clickhouse, [click(product=shop.product_id) for _ in range(units)], "tracking")
    return POUNDS


@pytest.mark.parametrize("currency", SOLD)
def test_every_number_is_of_the_chosen_currency(travel: Shop, visit: Visit, token: Token, currency: str) -> None:
    """Tiles, tables and what they add up to."""
    shop, units = SOLD[currency]
    line = shop.sold(units)
    net = money(line.total_minor - line.tax_minor, currency)
    today = visit("today", token(travel.seller_id), currency=currency)
    sales = visit("sales", token(travel.seller_id), currency=currency)
    assert not today.exception
    assert not sales.exception
    assert (tiles(today)["Net sales"], tiles(sales)["Net sales"]) == (net, net)
    assert (tiles(today)["Orders"], tiles(today)["Units sold"]) == ("1", str(units))
    table = next(frame.value for frame in sales.dataframe if "Day" in frame.value)
    assert list(table["Net"]) == [net, net]
    orders = next(frame.value for frame in today.dataframe if "paid" in frame.value)
    assert list(orders["paid"]) == [money(line.total_minor, currency)]


@pytest.mark.parametrize("currency", SOLD)
def test_views_are_counted_of_the_products_in_that_currency(
    travel: Shop, visit: Visit, token: Token, currency: str
) -> None:
    """Orders for each 100 views compare like with like."""
    shown = tiles(visit("today", token(travel.seller_id), currency=currency))
    assert shown["Orders per 100 views"] == f"{100 / SOLD[currency][1]:.1f}"


def test_courses_have_the_digits_of_the_currency_and_every_day(travel: Shop, visit: Visit, token: Token) -> None:
    """A yen has no hundredths, and a day without sales is a day."""
    page = visit("sales", token(travel.seller_id), currency="JPY", period="7 days")
    (days,) = next(frame.value for frame in page.dataframe if "days" in frame.value)["days"]
    line = SOLD["JPY"][0].sold(2)
    assert list(days) == [0, 0, 0, 0, 0, 0, line.total_minor - line.tax_minor]


def test_the_choice_offers_what_was_sold(travel: Shop, town: Town) -> None:
    """The shop's own currency first."""
    known = list(ask(Scope("seller_pages", travel.seller_id), "frame", "currencies").rows["currency"])
    assert (known[0], sorted(known)) == ("GBP", sorted(SOLD))
