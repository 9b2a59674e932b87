"""What the crowd does beside its visits: each errand in its turn, against a real api."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from stack.imports import online_retail
from stack.imports.run import Job, run
from stack.imports.target import Target
from stack.simulator import opening
from stack.simulator.scene import Scene
from tests.api.conftest import NOBODY_LISTENS
from tests.api.serving import serving
from tests.demo.test_crowd import ensured
from tests.imports.test_booking import HEADER, ROWS, Quiet

ERRANDS = 12
FACTS = {
    "cart.item.changed", "cart.item.removed", "cart.item.rejected", "checkout.rejected", "stock.reservation.failed",
    "category.updated", "category.deleted", "product.deleted", "promotion.changed", "seller.updated", "user.erased",
    "payment.created", "payment.failed", "refund.approved", "order.cancelled",
}  # fmt: skip


@pytest.fixture(scope="module")
def shop(pg: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an api with the demo's people and goods; its facts stay in the outbox, where they can be read."""
    folder: Path = tmp_path_factory.mktemp("shop")
    asyncio.run(ensured(pg, "a password"))
    (folder / "rows.csv").write_text(f"{HEADER}\n{ROWS}")
    job = Job(folder / "rows.csv", online_retail.SOURCE, f"demo-{online_retail.SOURCE}", wait=False)
    asyncio.run(run(job, Target.here(), Quiet()))
    with serving(rate_limits=False, kafka_bootstrap=NOBODY_LISTENS, home=folder, platform_currency="GBP") as address:
        yield address


def errands(tally: Counter[str]) -> set[str]:
    return {what for what in tally if what.startswith("errand: ")}


async def until_all_were_run(api: str) -> Counter[str]:
    async with opening.crowd(Scene(api, "a password", rate=4, seed=5, errand_every_s=0.1)) as crowd:
        running = asyncio.create_task(crowd.run(60))
        for _ in range(300):
            if running.done() or len(errands(crowd.tally)) == ERRANDS:
                break
            await asyncio.sleep(0.2)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        return crowd.tally


def test_no_errand_is_left_out(shop: str, pg: str) -> None:
    """Nor refused; what it is for is told."""
    tally = asyncio.run(asyncio.wait_for(until_all_were_run(shop), timeout=90))
    assert len(errands(tally)) == ERRANDS, "\n".join(f"{n} {w}" for w, n in tally.items())
    with psycopg.connect(pg) as connection:
        told = connection.execute("SELECT DISTINCT convert_from(line, 'utf8')::jsonb ->> 'event' FROM outbox")
        assert {event for (event,) in told} >= FACTS
