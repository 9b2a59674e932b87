"""The api and the pages as processes of their own, two shops with an account each, and a browser that looks at them."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import httpx2
import pytest
from clickhouse_connect.driver.client import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response

from stack.screenshots import chromium, stands
from tests import ports
from tests.audit.shops import Shop, Town, fill
from tests.line import eventually
from tests.shop import PASSWORD, leave, seller

START_SECONDS = 60


@dataclass(frozen=True)
class Site:
    """Where the pages are, what the shops did, and who may sign in."""

    address: str
    town: Town
    lamps: str
    chairs: str
    """E-mail addresses of the shops' owners; all have tests.shop.PASSWORD."""


@dataclass
class Visitor:
    """One browser window, and everything it complained of or asked others for."""

    page: Page
    address: str
    context: BrowserContext
    errors: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def said(self, message: ConsoleMessage) -> None:
        """Remember what the page's scripts call an error; failed requests are in `answered`, by name."""
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.errors.append(message.text)

    def answered(self, response: Response) -> None:
        """Remember requests that failed; Streamlit looks for its server below the page's own address first."""
        if response.status >= httpx2.codes.BAD_REQUEST and "/_stcore/" not in response.url:
            self.errors.append(f"{response.status} {response.url}")

    def asked(self, request: Request) -> None:
        """Remember whoever is not this machine."""
        if urlsplit(request.url).hostname not in {"127.0.0.1", None, ""}:
            self.strangers.append(request.url)

    def open(self, path: str) -> None:
        """Open a page and wait until it stands."""
        self.page.goto(f"{self.address}{path}")
        stands(self.page)

    def sign_in(self, email: str) -> None:
        """By the form, as a person does."""
        self.page.goto(f"{self.address}/signin")
        self.page.fill("#name", email)
        self.page.fill("#password", PASSWORD)
        self.page.click("button")
        stands(self.page)

    def tile(self, name: str) -> str:
        """The value in a tile."""
        tile = self.page.get_by_test_id("stMetric").filter(has=self.page.get_by_text(name, exact=True))
        return tile.get_by_test_id("stMetricValue").inner_text()

    def text(self) -> str:
        """Everything that can be read."""
        return self.page.locator("body").inner_text()


@contextmanager
def process(name: str, env: dict[str, str], health: str, log: Path) -> Iterator[None]:
    """One of our processes, up for the time of the block."""
    command = [sys.executable, "-m", "stack.run", name]
    with log.open("wb") as output, subprocess.Popen(command, env=env, stdout=output, stderr=output) as running:
        try:
            eventually(lambda: _answers(health), within=START_SECONDS)
            yield
        finally:
            running.terminate()


def _answers(url: str) -> bool:
    try:
        return httpx2.get(url).status_code == httpx2.codes.OK
    except httpx2.HTTPError:
        return False


@pytest.fixture(scope="module")
def site(env: dict[str, str], clickhouse: Client, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Real servers behind real pages."""
    base, logs = ports.free(), tmp_path_factory.mktemp("logs")
    api, pages = f"http://127.0.0.1:{base}", f"http://127.0.0.1:{base + 1}"
    mine = {**env, "ATLANTIC_PORT_BASE": str(base), "ATLANTIC_API_URL": api, "ATLANTIC_DASHBOARDS_URL": pages}
    with ExitStack() as ending:
        for name, health in (("api", f"{api}/health/ready"), ("dashboards", f"{pages}/health")):
            ending.enter_context(process(name, mine, health, logs / name))
        ending.callback(leave)
        (lamps, lamps_id), (chairs, chairs_id) = seller(api), seller(api)
        town = Town(lamps=Shop("lamps", 1_250, UUID(lamps_id)), chairs=Shop("chairs", 9_999, UUID(chairs_id)))
        fill(town, None, clickhouse)
        yield Site(pages, town, lamps.headers["X-Person"], chairs.headers["X-Person"])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all; each visitor has a profile of their own."""
    with chromium() as running:
        yield running


@pytest.fixture
def visitor(browser: Browser, site: Site) -> Iterator[Visitor]:
    """A window nobody has used; at the end it must have complained of nothing and asked nobody else."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = Visitor(context.new_page(), site.address, context)
    opened.page.on("console", opened.said)
    opened.page.on("pageerror", lambda error: opened.errors.append(str(error)))
    opened.page.on("request", opened.asked)
    opened.page.on("response", opened.answered)
    yield opened
    context.close()
    assert opened.errors == []
    assert opened.strangers == []
