"""kill -9 at every point of the saga: the order ends legally, by itself, within a minute (R-ORD-10, R-NFR-7)."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, suppress
from functools import partial
from pathlib import Path

import httpx2
import pytest

from tests import shop
from tests.api.running import reactor, relay
from tests.api.serving import serving
from tests.promises import points
from tests.promises.conftest import LONG
from tests.promises.ends import becomes_sound
from tests.promises.points import Point
from tests.promises.processes import Fleet
from tests.promises.stories import PRICE, STOCK, STORIES, Db, World, pass_time

WITHIN_S = 60
COUPON = "PROMISE-10"
# Of orders whose shopper has had an answer; what dies with the api may have been lost with its call.
ENDS = {
    "bought": "processing", "delivered": "delivered", "declined": "cancelled", "left": "cancelled",
    "sold out": "cancelled", "cancelled": "cancelled", "plain": "processing",
}  # fmt: skip


@pytest.fixture(scope="module")
def api(pg: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An api that lives, beside the one that may die."""
    home: Path = tmp_path_factory.mktemp("home")
    with serving(rate_limits=False, kafka_bootstrap="127.0.0.1:9", home=home, platform_currency="GBP") as address:
        yield address


@pytest.fixture
def world(api: str, db: Db, fleet: Fleet) -> Iterator[World]:
    """A shopper with two units and a coupon in the cart."""
    _prepare(api, db)
    with closing(shop.seller(api)[0]) as seller, closing(shop.account(api)) as buyer:
        product = shop.product(seller, price=PRICE, stock=STOCK)
        shop.put_in_cart(buyer, product, 2)
        buyer.post("/cart/coupon", json={"code": COUPON}).raise_for_status()
        yield World(api, api, buyer, seller, product, db)


def _prepare(api: str, db: Db) -> None:
    """A category and a coupon, once."""
    with closing(shop.account(api)) as staff:
        db.execute("UPDATE users SET roles = '{shopper,operator}' WHERE email = %s", [staff.headers["X-Person"]])
        shop.sign_in_again(staff)
        if not staff.get("/categories").raise_for_status().json()["items"]:
            staff.post("/categories", json={"name": "Kitchen"}).raise_for_status()
            terms = {"name": "Ten", "kind": "percent", "value_bp": 1000, "code": COUPON, "status": "active"}
            staff.post("/promotions", json=terms).raise_for_status()


@pytest.fixture
def others(api: str, kafka_bootstrap: str) -> dict[str, Callable[[], AbstractContextManager[object]]]:
    """The parts that work for a shopper behind the api."""
    return {"relay": relay, "reactor": partial(reactor, api_url=api)}


@pytest.mark.parametrize("point", points.ALL if LONG else points.SHORT, ids=str)
def test_a_death_ends_nothing_but_the_process(
    point: Point,
    world: World,
    fleet: Fleet,
    others: dict[str, Callable[[], AbstractContextManager[object]]],
    told: Callable[[str], None],
) -> None:
    """R-ORD-10, R-ORD-2, R-NFR-7: no charge without order, no hold without live order, nobody helps."""
    with ExitStack() as living:
        for name, run in others.items():
            if name != point.part:
                living.enter_context(run())
        fleet.start(point.part, point.moment, point.word)
        if point.part == "api":
            world.api = fleet.api
        with suppress(httpx2.TransportError):
            STORIES[point.story](world)
        fleet.dies(point.part)
        if point.part != "api":
            living.enter_context(others[point.part]())
        pass_time(world)  # the shopper does not come back
        took = becomes_sound(world, None if point.part == "api" else ENDS[point.story], WITHIN_S)
    order = world.order()
    told(f"{order[1] if order else 'never made'}, {took:.1f} s after the death")
