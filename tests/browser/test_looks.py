"""How the pages stand and move: rows of tiles, tables on a phone, pages that do not flicker, links that are views."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from urllib.parse import quote

from clickhouse_connect.driver.client import Client
from playwright.sync_api import Browser

from stack.screenshots import PHONE, ready
from tests.audit.shops import Town, land, mark, order
from tests.browser.conftest import Site, Visitor
from tests.clickhouse.log_lines import envelope
from tests.line import eventually

WIDTHS, TILES = (1440, 1200, 1000, 700, 400), 6
NONSENSE = (
    "no such choice", "", "' OR 1=1 --", "A" * 4_000, "<script>alert(1)</script>", "0001-01-01", "9999-99-99",
)  # fmt: skip
REFRESHES = 5_000
"""Milliseconds in which Today moves twice."""
WATCH = """() => {
    const seen = window.seen = {gone: 0, faded: 0, blank: 0};
    const kinds = '[data-testid="stMetric"], [data-testid="stDataFrame"]';
    new MutationObserver(changes => changes.forEach(change => change.removedNodes.forEach(node => {
        if (node.nodeType === 1 && (node.matches(kinds) || node.querySelector(kinds))) seen.gone++;
    }))).observe(document.querySelector('[data-testid="stMain"]'), {childList: true, subtree: true});
    const look = () => {
        document.querySelectorAll('[data-testid="stElementContainer"]').forEach(element => {
            if (element.querySelector(kinds) && parseFloat(getComputedStyle(element).opacity) < 0.4) seen.faded++;
        });
        if (!document.querySelector(kinds) || document.querySelector('[data-testid="stSkeleton"]')) seen.blank++;
        requestAnimationFrame(look);
    };
    look();
}"""


@contextmanager
def window(browser: Browser, site: Site, width: int, email: str, agent: str | None = None) -> Iterator[Visitor]:
    """A window of this width, signed in."""
    context = browser.new_context(viewport={"width": width, "height": 900}, user_agent=agent)
    visitor = Visitor(context.new_page(), site.address, context)
    visitor.sign_in(email)
    yield visitor
    context.close()


def sell(clickhouse: Client, town: Town, units: int) -> None:
    """One more order of the lamps, a moment ago, and the mark that says it is here."""
    now = datetime.now(UTC)
    lines = [envelope(entry.posted, at=entry.occurred_at) for entry in order([town.lamps.sold(units)], town.today)]
    land(clickhouse, lines, "ledger")
    mark(clickhouse, now)


def test_no_tile_stands_alone(browser: Browser, site: Site) -> None:
    """Rows of the same number, tiles of one height, however wide the window is made."""
    with window(browser, site, WIDTHS[0], site.lamps) as visitor:
        for page in ("/today", "/sales"):
            visitor.open(page)
            visitor.page.get_by_test_id("stMetric").nth(5).wait_for()
            for width in WIDTHS:
                visitor.page.set_viewport_size({"width": width, "height": 900})
                eventually(lambda: rows_and_heights(visitor) == (1, 1), within=5)


def rows_and_heights(visitor: Visitor) -> tuple[int, int]:
    """How many numbers of tiles a row has, and how many heights they have: one each where all is even."""
    boxes = [box for tile in visitor.page.get_by_test_id("stMetric").all() if (box := tile.bounding_box())]
    assert len(boxes) == TILES
    rows = Counter(round(box["y"]) for box in boxes)
    return len(set(rows.values())), len({round(box["height"]) for box in boxes})


def test_tables_on_a_phone_keep_what_fits(browser: Browser, site: Site) -> None:
    """Nothing moves sideways, neither the page nor a table."""
    with window(browser, site, 400, site.lamps, PHONE) as visitor:
        for page in ("/today", "/sales?period=90+days"):
            visitor.open(page)
            ready(visitor.page)
            sideways = "element => element.scrollWidth - element.clientWidth"
            tables = visitor.page.locator(".dvn-scroller").all()
            assert len(tables) >= 2
            assert [table.evaluate(sideways) for table in tables] == [0] * len(tables)
            assert visitor.page.get_by_test_id("stMain").evaluate(sideways) == 0


def test_pages_move_without_flicker(visitor: Visitor, site: Site, clickhouse: Client) -> None:
    """A sale comes in: tile and chart show it; no tile or table goes or turns grey, and the page stays where it was.

    Charts are left out: Streamlit draws a changed one anew.
    """
    visitor.sign_in(site.lamps)
    ready(visitor.page)
    chart = visitor.page.locator(".js-plotly-plot").first
    shown = "chart => chart.data.flatMap(trace => Array.from(trace.y)).reduce((one, other) => one + other, 0)"
    main = visitor.page.get_by_test_id("stMain")
    main.evaluate("element => element.scrollTo(0, 120)")
    before, tile = chart.evaluate(shown), visitor.tile("Net sales")
    visitor.page.evaluate(WATCH)
    sell(clickhouse, site.town, 7)
    eventually(lambda: visitor.tile("Net sales") != tile)
    visitor.page.wait_for_timeout(REFRESHES)
    assert visitor.page.evaluate("window.seen") == {"gone": 0, "faded": 0, "blank": 0}
    assert chart.evaluate(shown) > before
    assert main.evaluate("element => element.scrollTop") == 120


def test_an_address_is_a_view(visitor: Visitor, site: Site, browser: Browser) -> None:
    """What was chosen stands in the address; whoever opens it with the same login sees the same."""
    visitor.sign_in(site.lamps)
    visitor.open("/sales")
    visitor.page.get_by_text("7 days", exact=True).click()
    visitor.page.wait_for_url("**/sales?period=7+days")
    ready(visitor.page)
    with window(browser, site, 1280, site.lamps) as other:
        other.open(visitor.page.url.removeprefix(site.address))
        names = ("Net sales", "Gross sales", "Refunds")
        assert [other.tile(name) for name in names] == [visitor.tile(name) for name in names]


def test_nonsense_in_the_address_gives_the_usual_view(visitor: Visitor, site: Site) -> None:
    """Defaults, no trace, nobody else's rows."""
    visitor.sign_in(site.chairs)
    visitor.open("/sales")
    usual = visitor.tile("Net sales")
    for value in NONSENSE:
        words = "&".join(f"{name}={quote(value)}" for name in ("currency", "period", "compare", "day", "live"))
        visitor.open(f"/sales?{words}")
        ready(visitor.page)
        assert (value, visitor.tile("Net sales")) == (value, usual)
        assert visitor.page.get_by_test_id("stAlert").count() == 0
        assert "Traceback" not in visitor.text()
        assert "lamps" not in visitor.text()
