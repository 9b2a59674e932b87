"""Each page shows the town's own numbers, with their cut, to the person they belong to."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime

import orjson
import pytest
from clickhouse_connect.driver.client import Client
from joserfc.jwk import OKPKey
from streamlit.testing.v1 import AppTest

from clickhouse import client as roles
from clickhouse.client import one
from dashboards import data
from dashboards.money import money
from tests.audit.shops import CUT, Town
from tests.dashboards.conftest import Token, tiles

Visit = Callable[..., AppTest]


def texts(page: AppTest) -> str:
    """Everything that a page says in words."""
    alerts = [*page.info, *page.warning, *page.error, *page.success]
    said = [*page.caption, *page.markdown, *alerts, *page.subheader, *page.title]
    return "\n".join(str(element.value) for element in said)


def net_of(clickhouse: Client, town: Town, days: int) -> int:
    query = (
        "SELECT sum(net_minor) FROM books_day WHERE seller_id = {s:UUID} AND day > toDate({now:DateTime}) - {days:Int8}"
    )
    return int(one(clickhouse, query, {"s": town.lamps.seller_id, "now": town.now, "days": days})[0])


def test_today_shows_the_sellers_day(town: Town, visit: Visit, token: Token) -> None:
    """R-ANA-12: value, currency, cut."""
    page = visit("today", token(town.lamps.seller_id))
    assert not page.exception
    sold = town.lamps.sold(3)
    shown = tiles(page)
    assert shown["Net sales"] == money(sold.total_minor - sold.tax_minor, "GBP")
    assert (shown["Orders"], shown["Units sold"], shown["Average order"]) == ("1", "3", money(sold.total_minor, "GBP"))
    assert f"Complete to transaction {CUT:,}" in texts(page)
    assert "Compared with yesterday to" in texts(page)


def test_today_says_what_needs_the_seller(town: Town, visit: Visit, token: Token) -> None:
    """Low stock: 2 of 3 lamps are free, the threshold is 5."""
    page = visit("today", token(town.lamps.seller_id))
    stock = next(frame.value for frame in page.dataframe if "available" in frame.value)
    assert list(stock["title"]) == ["Lamp of lamps"]
    assert list(stock["available"]) == [2]


def test_sales_add_up_to_the_tiles(town: Town, visit: Visit, token: Token, clickhouse: Client) -> None:
    """The table's first row, the tiles and the mart say the same to the cent."""
    page = visit("sales", token(town.lamps.seller_id), period="28 days")
    assert not page.exception
    table = next(frame.value for frame in page.dataframe if "Day" in frame.value)
    expected = money(net_of(clickhouse, town, 28), "GBP")
    assert (tiles(page)["Net sales"], table.iloc[0]["Day"], table.iloc[0]["Net"]) == (expected, "Total", expected)
    assert tiles(page)["Refunds"] == money(2 * town.lamps.price_minor, "GBP")


def test_a_number_names_its_events(town: Town, visit: Visit, token: Token) -> None:
    """R-ANA-5: the lines behind a day come to its net and carry their place in the log."""
    page = visit("sales", token(town.lamps.seller_id), day=f"{town.today:%Y-%m-%d}")
    sold = town.lamps.sold(3)
    assert f"come to **{money(sold.total_minor - sold.tax_minor, 'GBP')}**" in texts(page)
    events = next(frame.value for frame in page.dataframe if "place" in frame.value)
    assert events["place"].str.startswith("ledger/").all()


@pytest.mark.parametrize("page", ["today", "sales"])
def test_a_seller_sees_no_other_seller(town: Town, visit: Visit, token: Token, page: str) -> None:
    """R-SEL-1: whatever the address says, the rows are those of the verified token."""
    other = str(town.lamps.seller_id)
    opened = visit(page, token(town.chairs.seller_id), seller_id=other, seller=other, scope=other)
    assert not opened.exception
    everything = texts(opened) + "".join(frame.value.to_string() for frame in opened.dataframe)
    assert "chairs" in everything
    assert "lamps" not in everything
    assert other not in everything


@pytest.mark.parametrize("page", ["today", "sales", "pulse", "books"])
def test_a_forged_or_missing_token_shows_nothing(town: Town, visit: Visit, token: Token, page: str) -> None:
    """R-SEL-1, ASVS-7.2.1: signed by another key, altered, expired, or absent."""
    real = token(town.lamps.seller_id, "seller", "operator")
    head, body, signature = real.split(".")
    forged = [
        token(town.lamps.seller_id, "operator", key=OKPKey.generate_key("Ed25519")),
        f"{head}.{body[:-4]}AAAA.{signature}",
        token(town.lamps.seller_id, "operator", minutes=-1),
        None,
    ]
    for access in forged:
        opened = visit(page, access)
        assert "Your session has ended" in texts(opened)
        assert not opened.metric
        assert not opened.dataframe


def test_the_server_itself_hides_other_sellers(town: Town, env: dict[str, str]) -> None:
    """R-ANA-6: not only a filter in the page; asking for the other's rows by name gives none."""
    with roles.seller_pages(town.chairs.seller_id) as chairs:
        for table in ("books_day", "landing_journal_lines", "stock_levels", "dim_seller", "sales_product_hour"):
            rows = f"SELECT count() FROM {table} WHERE seller_id = {{other:UUID}}"
            assert one(chairs, rows, {"other": town.lamps.seller_id})[0] == 0
    assert data.ask(data.Scope("seller_pages", uuid.uuid4()), "frame", "currencies").rows.empty


@pytest.mark.parametrize("page", ["pulse", "books"])
def test_operations_are_not_for_sellers(town: Town, visit: Visit, token: Token, page: str) -> None:
    """R-ANA-14."""
    opened = visit(page, token(town.lamps.seller_id))
    assert "These pages are for operations" in texts(opened)
    assert not opened.metric


def test_a_new_shop_is_told_what_to_do(town: Town, visit: Visit, token: Token) -> None:
    """Empty is not broken."""
    for page in ("today", "sales"):
        opened = visit(page, token(uuid.uuid4()))
        assert not opened.exception
        assert "Place a test order" in texts(opened)


def test_pulse_shows_how_fresh_everything_is(town: Town, visit: Visit, token: Token) -> None:
    """R-ANA-1: measured, and shown on the page."""
    page = visit("pulse", token(None, "operator"))
    assert not page.exception
    assert tiles(page)["Dead letters"] == "0"
    topics = next(frame.value for frame in page.dataframe if "behind_seconds" in frame.value)
    assert set(topics["topic"]) >= {"ledger", "orders", "catalog"}


def test_pulse_shows_what_was_noticed(town: Town, clickhouse: Client, visit: Visit, token: Token) -> None:
    """R-ORD-17, R-MOON-7: stuck orders first, then carts and the rest by how many."""
    aggregates = [uuid.uuid4() for _ in range(3)]
    for event, about in zip(("cart.abandoned", "cart.abandoned", "order.stuck"), aggregates, strict=True):
        clickhouse.command(
            "INSERT INTO landing_signals (event, aggregate_id, event_id, occurred_at, recorded_at) "
            "VALUES ({event:String}, {about:UUID}, generateUUIDv4(), now64(3) - 60, now64(3))",
            parameters={"event": event, "about": about},
        )
    page = visit("pulse", token(None, "operator"))
    assert not page.exception
    rows = next(frame.value for frame in page.dataframe if "signals_day" in frame.value)
    assert list(rows["kind"])[:2] == ["Order waits for a step", "Cart left alone"]
    assert list(rows["signals_hour"])[:2] == [1, 2]
    assert rows["example"][0] == str(aggregates[2])


def test_a_silent_store_leaves_the_last_numbers_standing(
    town: Town, visit: Visit, token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-ANA-13: the last value with its age and a reference; without one, a reason instead of a trace."""
    seller = token(town.lamps.seller_id)
    before = tiles(visit("today", seller))

    def silent(*_: object) -> None:
        raise ConnectionError("no route to the warehouse")

    monkeypatch.setattr(data, "_rows", silent)
    assert tiles(visit("today", seller)) == before
    data._last.clear()
    opened = visit("sales", seller)
    assert "The warehouse does not answer" in texts(opened)
    assert "no route" not in texts(opened)


@pytest.mark.parametrize(
    "case",
    [
        ("SELECT 1 FROM nowhere", "UNKNOWN_TABLE", "`atlantic up`"),
        ("SELECT count() FROM system.users", "ACCESS_DENIED", "`clickhouse/access.py`"),
        ("SELECT throwIf(1)", "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO", "tell operations the reference"),
    ],
)
def test_a_refused_question_is_no_silence(
    town: Town, visit: Visit, token: Token, monkeypatch: pytest.MonkeyPatch, case: tuple[str, str, str]
) -> None:
    """R-ANA-13: the warehouse answers, but not to this; what to do depends on why."""
    asked, said, advice = case
    data._last.clear()
    data._rows.clear()
    monkeypatch.setattr(data, "question", lambda *_: asked)
    shown = texts(visit("sales", token(town.lamps.seller_id)))
    assert f"The warehouse refused this question ({said})" in shown
    assert advice in shown
    assert "does not answer" not in shown


def test_a_fault_of_ours_is_not_put_on_the_warehouse(
    town: Town, visit: Visit, token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said of the part alone, with a reference; the reason stays in the log."""

    def faulty(*_: object, **__: object) -> None:
        raise ValueError("a secret of the code")

    monkeypatch.setattr("dashboards.tiles.grid", faulty)
    said = texts(visit("today", token(town.lamps.seller_id)))
    assert "This part could not be shown" in said
    assert "Latest paid orders" in said
    assert "warehouse" not in said
    assert "a secret" not in said


def test_charts_by_minute_wait_for_the_minute_to_be_over(town: Town, visit: Visit, token: Token) -> None:
    """An open minute looks like a fall, and a chart that changes at every look flickers."""
    page = visit("pulse", token(None, "operator"))
    drawn = [orjson.loads(chart.proto.spec) for chart in page.get("plotly_chart")]
    ends = {trace["x"][-1] for chart in drawn for trace in chart["data"]}
    assert len(drawn) >= 1
    assert all(
        datetime.fromisoformat(end) < datetime.now(UTC).replace(second=0, microsecond=0, tzinfo=None) for end in ends
    )


def test_old_numbers_do_not_look_fresh(town: Town, visit: Visit, token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    """A silent store: the age of the data goes on, what is not known is said to be so, and it is said once."""
    operator = token(None, "operator")
    visit("pulse", operator)

    def silent(*_: object) -> None:
        raise ConnectionError("no route to the warehouse")

    monkeypatch.setattr(data, "_rows", silent)
    monkeypatch.setattr("dashboards.frame.seconds_since", lambda _: 4_000.0)
    page = visit("pulse", operator)
    assert float(tiles(page)["Data age"].removesuffix(" s").replace(",", "")) >= 4_000
    assert "Log not known" in texts(page)
    assert texts(page).count("Last numbers") == 1
