"""What follows the crowd's orders, with the whole core at work: parcels, reviews, returns, complaints."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

import psycopg
import pytest

from stack.imports import online_retail
from stack.imports.run import Job, run
from stack.imports.target import Target
from stack.simulator import opening
from stack.simulator.scene import Scene
from tests.api.running import reactor, relay
from tests.api.serving import serving
from tests.demo.test_crowd import ensured
from tests.imports.test_booking import HEADER, ROWS, Quiet


@pytest.fixture(scope="module")
def whole_shop(
    pg: str, kafka_bootstrap: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Address of an api with the demo's people and goods, whose facts are relayed and reacted to."""
    folder = tmp_path_factory.mktemp("whole")
    asyncio.run(ensured(pg, "a password"))
    (folder / "rows.csv").write_text(f"{HEADER}\n{ROWS}")
    job = Job(folder / "rows.csv", online_retail.SOURCE, f"demo-{online_retail.SOURCE}", wait=False)
    asyncio.run(run(job, Target.here(), Quiet()))
    with (
        serving(rate_limits=False, home=folder, platform_currency="GBP") as address,
        relay(),
        reactor(api_url=address),
    ):
        yield address


SEEN = ("parcels picked up", "parcels delivered", "reviews", "orders with a discount")


def scene(api: str) -> Scene:
    return Scene(api, "a password", rate=8, seed=11, cart_idle_s=0.5)


async def watched(scene: Scene, wanted: Sequence[str] = SEEN) -> Counter[str]:
    """A crowd until everything was seen, or for a minute and a half."""
    async with opening.crowd(scene) as crowd:
        running = asyncio.create_task(crowd.run(90))
        for _ in range(180):
            if running.done() or all(crowd.tally[what] for what in wanted):
                break
            await asyncio.sleep(0.5)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        return crowd.tally


def test_orders_go_their_way_after_they_are_paid(whole_shop: str, pg: str) -> None:
    """Sellers send them, carriers bring them, shoppers say what they think; coupons, wallets and cash are used."""
    tally = asyncio.run(asyncio.wait_for(watched(scene(whole_shop)), timeout=150))
    assert all(tally[what] for what in SEEN), tally
    with psycopg.connect(pg) as connection:
        (methods,) = connection.execute("SELECT array_agg(DISTINCT payment_method) FROM orders").fetchone() or ((),)
        (reviews,) = connection.execute("SELECT count(*) FROM reviews").fetchone() or (0,)
        (cheaper,) = connection.execute("SELECT count(*) FROM orders WHERE discount_minor > 0").fetchone() or (0,)
    assert {"card", "wallet", "cod"} >= set(methods) >= {"card"}
    assert reviews, "one that was taken back keeps its row, and the next of its author is that row again"
    assert cheaper >= tally["orders with a discount"], "its uses say less: a cancelled order gives its use back"


def test_carts_are_forgotten_and_a_mistyped_price_is_mended(whole_shop: str, pg: str) -> None:
    """R-MOON-7: there is something to notice; afterwards every price is as it was."""
    prices = "SELECT id, price_minor FROM products ORDER BY id"
    forgetful = replace(scene(whole_shop), forgets=1.0, mend_after_s=0.3)
    wanted = ("carts forgotten", "prices mistyped", "prices mended")
    with psycopg.connect(pg, autocommit=True) as connection:
        before = connection.execute(prices).fetchall()
        tally = asyncio.run(asyncio.wait_for(watched(forgetful, wanted), timeout=150))
        assert all(tally[what] for what in wanted), tally
        assert connection.execute(prices).fetchall() == before
        agreed = connection.execute("SELECT count(*) FROM users WHERE marketing_consent").fetchone()
    assert agreed is not None
    assert agreed[0] > 0


def test_a_shop_that_is_sold_out_is_filled_again(whole_shop: str, pg: str) -> None:
    """Nothing could be looked at, so nobody would see what is missing: the sellers do."""
    with psycopg.connect(pg) as connection:
        connection.execute("UPDATE inventory SET on_hand = reserved")
    tally = asyncio.run(asyncio.wait_for(watched(scene(whole_shop), ("restocked", "visits")), timeout=150))
    assert tally["restocked"], tally
    assert tally["visits"], tally
