"""The product, its search document and ClickHouse after the same facts, each on its own servers."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from clickhouse_connect.driver.client import Client

from stack.home import CHECKOUT
from streams.views import search_index
from tests import ports
from tests.api.reviews.buyers import Db, buyers, write
from tests.clickhouse.sink_process import sink
from tests.line import eventually
from tests.streams.process import WorkerProcess

Shown = tuple[Any, int] | None
Look = Callable[[str], Shown]
Sides = Callable[[str], tuple[Shown, ...]]


@pytest.fixture
def searched(
    saga: str, env: dict[str, str], meili: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Look]:
    """Average and count in a product's search document."""
    worker = WorkerProcess(env, tmp_path_factory.mktemp("worker") / "log")
    documents = f"{meili[0]}/indexes/{search_index(env['ATLANTIC_TOPIC_PREFIX'])}/documents"

    def look(product: str) -> Shown:
        headers = {"Authorization": f"Bearer {meili[1]}"}
        answer = httpx2.get(f"{documents}/{product}", headers=headers, trust_env=False)
        found = answer.json() if answer.status_code == httpx2.codes.OK else None
        return (found["rating_average"], found["rating_count"]) if found else None

    worker.start()
    yield look
    worker.stop()


@pytest.fixture
def landed(saga: str, clickhouse: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Look]:
    """Average and count out of a product's landed facts, as the cookbook asks for them."""
    monkeypatch.setenv("ATLANTIC_PORT_BASE", str(ports.free()))
    question = (CHECKOUT / "sql" / "cookbook" / "landing_reviews.sql").read_text()

    def look(product: str) -> Shown:
        rows = clickhouse.query(question).named_results()
        return next(((row["average"], row["ratings"]) for row in rows if str(row["product_id"]) == product), None)

    with sink(tmp_path / "sink"):
        yield look


@pytest.fixture
def sides(seller: httpx2.Client, searched: Look, landed: Look) -> Sides:
    """What the product's answer, its search document and ClickHouse show."""

    def look(product: str) -> tuple[Shown, ...]:
        page = seller.get(f"/products/{product}").raise_for_status().json()
        average = page["rating_average"] and float(page["rating_average"])
        return (average, page["rating_count"]), searched(product), landed(product)

    return look


def test_all_show_the_same_average(api: str, operator: httpx2.Client, product: str, db: Db, sides: Sides) -> None:
    """R-REV-3: halves are rounded the same way; a hidden review is in none, and back in all when it is shown again."""
    with buyers(api, db, product, 9) as clients:
        for client, stars in zip(clients[:8], (5, 5, 5, 5, 4, 4, 4, 1), strict=True):
            last = write(client, product, stars, "Good" if stars > 4 else None)["id"]
        become(sides, product, (4.13, 8))
        review = f"/reviews/{write(clients[8], product, 2, 'Rude')['id']}"
        become(sides, product, (3.89, 9))
        operator.patch(review, json={"status": "hidden"}).raise_for_status()
        become(sides, product, (4.13, 8))
        clients[7].patch(f"/reviews/{last}", json={"rating": 3}).raise_for_status()
        operator.patch(review, json={"status": "visible"}).raise_for_status()
        become(sides, product, (4.11, 9))


def become(sides: Sides, product: str, wanted: Shown) -> None:
    """Wait until all sides show it; the sink lands and the worker publishes in their own time."""
    eventually(lambda: len({*sides(product), wanted}) == 1, within=90)
