"""Takes pictures of all pages of a running demo: light, dark, on a laptop, on a phone; into ./screenshots."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from stack.artifacts.cache import folder_of
from stack.artifacts.chromium import BROWSER, environment
from stack.demo import accounts
from stack.home import CHECKOUT, Home

FOLDER = CHECKOUT / "screenshots"
SELLER, OPERATOR = accounts.seller_email(0), f"ops@{accounts.DOMAIN}"
PAGES = {"today": SELLER, "sales": SELLER, "pulse": OPERATOR, "books": OPERATOR}
PHONE = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36"
)
LOOKS: dict[str, tuple[Literal["light", "dark"], ViewportSize]] = {
    "light": ("light", {"width": 1440, "height": 900}),
    "dark": ("dark", {"width": 1440, "height": 900}),
    "laptop": ("light", {"width": 1200, "height": 800}),
    "narrow": ("light", {"width": 400, "height": 860}),
}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
READY = 60_000
SETTLED = 2_500


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium of known content, the same everywhere."""
    folder = folder_of(BROWSER)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=folder / "chromium", args=FLAGS, env={**os.environ, **environment(folder)}
        )
        yield browser
        browser.close()


def sign_in(page: Page, address: str, email: str, password: str) -> None:
    """Fill in the form; the first page of this account opens."""
    page.goto(f"{address}/signin")
    page.fill("#name", email)
    page.fill("#password", password)
    page.click("button")
    ready(page)


def stands(page: Page) -> None:
    """Wait for the page's title, and its tiles or the reason why there are none."""
    page.wait_for_selector("h1", timeout=READY)
    page.wait_for_selector('[data-testid="stMetric"], [data-testid="stAlert"]', timeout=READY)


def ready(page: Page) -> None:
    """Wait until the page stands and has drawn its charts."""
    stands(page)
    page.wait_for_timeout(SETTLED)


def take(browser: Browser, address: str, password: str, folder: Path) -> list[Path]:
    """All pages in all looks; gives the files."""
    folder.mkdir(exist_ok=True)
    taken = []
    for look, (scheme, size) in LOOKS.items():
        kind: Any = {"color_scheme": scheme, "viewport": size, "user_agent": PHONE if look == "narrow" else None}
        context = browser.new_context(**kind)
        page = context.new_page()
        page.goto(f"{address}/signin")
        taken.append(folder / f"signin-{look}.png")
        page.screenshot(path=taken[-1])
        context.close()
        for email in dict.fromkeys(PAGES.values()):
            context = browser.new_context(**kind)
            page = context.new_page()
            sign_in(page, address, email, password)
            for name in (name for name, owner in PAGES.items() if owner == email):
                page.goto(f"{address}/{name}")
                ready(page)
                taken.append(_shot(page, folder / f"{name}-{look}.png"))
            context.close()
    return taken


def _shot(page: Page, file: Path) -> Path:
    """The whole page: Streamlit scrolls inside, so the window is made as high as what it holds."""
    height = page.evaluate("document.querySelector('[data-testid=\"stMain\"]').scrollHeight")
    width = page.viewport_size["width"] if page.viewport_size else 1440
    page.set_viewport_size({"width": width, "height": max(860, int(height))})
    page.wait_for_selector('[data-testid="stSkeleton"]', state="detached", timeout=READY)
    page.wait_for_timeout(SETTLED)
    page.screenshot(path=file)
    return file


def main() -> int:
    """Look at the demo of ATLANTIC_HOME."""
    home = Home.from_environment()
    with chromium() as browser:
        for file in take(browser, f"http://{home.address('dashboards')}", accounts.password(home), FOLDER):
            print(file.relative_to(CHECKOUT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
