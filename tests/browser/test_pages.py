"""What a person sees in a browser: their own numbers, nobody else's, and nothing that speaks to other machines."""

import uuid
from datetime import UTC, datetime, timedelta

import httpx2
import orjson
import pytest
from clickhouse_connect.driver.client import Client
from joserfc.jwk import OKPKey

from api.tokens import Identity, mint
from clickhouse import verdicts
from clickhouse.client import one
from dashboards.money import money
from tests.audit.shops import CUT
from tests.browser.conftest import Site, Visitor


def books(clickhouse: Client, site: Site, days: int) -> str:
    """The lamps' net of so many days, as `books_day` says it."""
    mine = "seller_id = {seller:UUID} AND day > toDate({now:DateTime}) - {n:Int8}"
    query = f"SELECT sum(net_minor) FROM books_day WHERE {mine}"
    given = {"seller": site.town.lamps.seller_id, "now": site.town.now, "n": days}
    return money(one(clickhouse, query, given)[0], "GBP")


def test_a_seller_sees_their_books(visitor: Visitor, site: Site, clickhouse: Client) -> None:
    """R-ANA-12: to the cent, with the cut, on Today and on Sales."""
    visitor.sign_in(site.lamps)
    assert visitor.page.url == f"{site.address}/today"
    assert visitor.tile("Net sales") == books(clickhouse, site, 1)
    visitor.page.get_by_text(f"Complete to transaction {CUT:,}").wait_for()
    visitor.open("/sales?period=7+days")
    assert visitor.tile("Net sales") == books(clickhouse, site, 7)
    visitor.page.get_by_text("Shop lamps").wait_for()


def test_a_seller_sees_no_other_and_no_operations(visitor: Visitor, site: Site) -> None:
    """R-SEL-1, R-ANA-14: whatever stands in the address."""
    visitor.sign_in(site.chairs)
    other = site.town.lamps.seller_id
    visitor.open(f"/sales?seller_id={other}&seller={other}&period=28+days")
    assert visitor.tile("Gross sales") == money(site.town.chairs.sold(1).total_minor, "GBP")
    assert "lamps" not in visitor.text()
    for page in ("pulse", "books"):
        visitor.open(f"/{page}")
        assert "Dead letters" not in visitor.text()
        assert "Trial balance" not in visitor.text()
    assert all("does not seem to exist" in error for error in visitor.errors)
    visitor.errors.clear()


def test_a_difference_turns_the_badge_red(visitor: Visitor, site: Site, clickhouse: Client) -> None:
    """R-MOON-1: on an open page, by itself, with the amount."""
    visitor.sign_in(site.lamps)
    run = verdicts.Run(uuid.uuid4(), datetime.now(UTC), CUT, 99, "different", 0.5, "")
    cell = verdicts.Difference(
        seller_id=site.town.lamps.seller_id, currency="GBP", account="sales", day=site.town.today.date(),
        measure="ledger_account_day credit_minor", core_minor=None, landing_minor=3_750, mart_minor=3_751,
    )  # fmt: skip
    verdicts.record(clickhouse, run, [cell])
    visitor.page.get_by_text("Books differ by £0.01").first.wait_for()


def test_signing_out_ends_the_session_everywhere(visitor: Visitor, site: Site) -> None:
    """ASVS-7.4.4: by a link on the page; also for a copy of the cookies that somebody kept."""
    visitor.sign_in(site.lamps)
    kept = {cookie["name"]: cookie["value"] for cookie in visitor.context.cookies()}
    assert httpx2.get(f"{site.address}/today", cookies=kept).status_code == httpx2.codes.OK
    visitor.page.get_by_text("Sign out").click()
    visitor.page.wait_for_url("**/signin")
    visitor.page.goto(f"{site.address}/today")
    assert "/signin" in visitor.page.url
    assert "/signin" in httpx2.get(f"{site.address}/today", cookies=kept).headers["location"]


@pytest.mark.parametrize("forgery", ["other key", "expired", "no token"])
def test_forged_cookies_open_nothing(site: Site, env: dict[str, str], forgery: str) -> None:
    """R-SEL-1: signed by somebody else, too old, or not a token at all."""
    ends = datetime.now(UTC) + timedelta(minutes=-1 if forgery == "expired" else 15)
    claims = Identity(uuid.uuid4(), frozenset({"seller", "operator"}), site.town.lamps.seller_id, uuid.uuid4(), ends)
    real = OKPKey.import_key(orjson.loads(env["ATLANTIC_JWT_PRIVATE_KEY"]))
    token = mint(real if forgery == "expired" else OKPKey.generate_key("Ed25519"), claims, datetime.now(UTC))
    port = site.address.rpartition(":")[2]
    cookies = {f"atlantic_access_{port}": "guess" if forgery == "no token" else token, f"atlantic_refresh_{port}": "x"}
    for page in ("today", "sales", "pulse", "books"):
        answer = httpx2.get(f"{site.address}/{page}", cookies=cookies)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/signin?next=%2F{page}")
