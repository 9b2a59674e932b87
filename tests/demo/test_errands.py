"""What the crowd does beside its visits: each errand in its turn, against a real api."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from stack.imports import online_retail
from stack.imports.run import Job, run
from stack.imports.target import Target
from stack.simulator.scene import Scene
from tests.api.conftest import NOBODY_LISTENS
from tests.api.serving import serving
from tests.demo.test_aftermath import watched
from tests.demo.test_crowd import ensured
from tests.imports.test_booking import HEADER, ROWS, Quiet

ERRANDS = (
    "forget_to_pay", "cancel_what_cannot_be_repaid", "pay_a_seller", "think_again", "want_the_last", "leave_for_good",
    "list_and_withdraw", "tidy_up_categories", "fill_the_next_cart", "read_messages", "be_warned_sooner",
    "reword_the_coupon",
)  # fmt: skip
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


def test_no_errand_is_left_out(shop: str, pg: str) -> None:
    """Nor refused; what it is for is told."""
    wanted = [f"errand: {name}" for name in ERRANDS]
    scene = Scene(shop, "a password", rate=4, seed=5, errand_every_s=0.1)
    tally = asyncio.run(asyncio.wait_for(watched(scene, wanted), timeout=150))
    assert all(tally[what] for what in wanted), "\n".join(f"{n} {what}" for what, n in tally.items())
    with psycopg.connect(pg) as connection:
        told = connection.execute("SELECT DISTINCT convert_from(line, 'utf8')::jsonb ->> 'event' FROM outbox")
        assert {event for (event,) in told} >= FACTS
