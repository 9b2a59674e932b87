"""The API reference as a reader sees it: in order, with examples, tried out on the spot, nothing from elsewhere."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect

from api.main import unstarted
from api.reference.introduction import TAGS

WAIT_MS = 60_000


@pytest.fixture
def address() -> Iterator[str]:
    """An api that answers what needs no server."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(unstarted(), lifespan="off", log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(20)


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The reference, with every operation listed."""
    opened = browser.new_page()
    opened.goto(f"{address}/docs")
    opened.wait_for_selector(".opblock", timeout=WAIT_MS)
    yield opened
    opened.close()


def test_the_reference_explains_itself(page: Page, address: str) -> None:
    """E-OPS-4: what is common stands at the top, tags in the order of a shopper's way, an operation shows its story."""
    for title in ("Sign in", "Lists", "Repeating safely", "Errors", "Limits"):
        expect(page.locator(".information-container h3", has_text=title)).to_be_visible()
    tags = page.locator(".opblock-tag").evaluate_all("each => each.map(one => one.dataset.tag)")
    assert tags == [tag["name"] for tag in TAGS]
    operation = page.locator("#operations-orders-checkout")
    operation.locator(".opblock-summary").first.click()
    expect(operation.locator(".responses-table")).to_contain_text("ATL-20261116-7K2M9Q", timeout=WAIT_MS)
    expect(operation.locator(".responses-table")).to_contain_text("/problems/cart-empty")


def test_an_operation_is_tried_out(page: Page) -> None:
    """E-OPS-4: on the page itself."""
    operation = page.locator("#operations-operations-get_liveness")
    operation.locator(".opblock-summary").first.click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()
    expect(operation.locator(".live-responses-table")).to_contain_text('"status": "ok"', timeout=WAIT_MS)
