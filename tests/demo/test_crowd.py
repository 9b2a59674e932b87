"""Demo accounts and the simulated crowd, against a real api: visits become clicks, carts, orders and refunds."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from api import db
from stack.demo import accounts, sending
from stack.home import Home
from stack.imports import online_retail
from stack.imports.run import Job, run
from stack.imports.target import Target
from stack.simulator import opening
from stack.simulator.scene import Scene
from tests.api.serving import serving
from tests.imports.test_booking import HEADER, ROWS, Quiet

NOBODY_LISTENS = "127.0.0.1:9"


@pytest.fixture(scope="module")
def shop(pg: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an api whose shop holds a few imported goods."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "rows.csv").write_text(f"{HEADER}\n{ROWS}")
    job = Job(folder / "rows.csv", online_retail.SOURCE, online_retail.SOURCE, wait=False)
    asyncio.run(run(job, Target.here(), Quiet()))
    with serving(rate_limits=False, kafka_bootstrap=NOBODY_LISTENS, home=folder, platform_currency="GBP") as address:
        yield address


async def ensured(dsn: str, secret: str) -> dict[int, object]:
    pool = db.engine(dsn, size=1)
    try:
        async with db.transaction(pool) as connection:
            await accounts.ensure_people(connection, accounts.people(), secret)
            await sending.ensure_tariffs(connection)
            return dict(await accounts.ensure_sellers(connection, secret))
    finally:
        await pool.dispose()


def test_the_demo_has_twenty_sellers_and_makes_them_once(pg: str) -> None:
    first, second = (asyncio.run(ensured(pg, "a password")) for _ in range(2))
    assert first == second
    with psycopg.connect(pg) as connection:
        query = "SELECT slug, currency FROM sellers WHERE slug LIKE 'demo-%' ORDER BY slug"
        found = connection.execute(query).fetchall()
        tariffs = connection.execute("SELECT carrier, currency FROM shipping_rates ORDER BY 1, 2").fetchall()
        (operators,) = connection.execute("SELECT count(*) FROM users WHERE 'operator' = ANY(roles)").fetchall()
    assert found == [(f"demo-{number:02d}", "GBP" if number < 12 else "USD") for number in range(20)]
    assert operators == (2,)
    ways = [(carrier, currency) for carrier in ("Royal Mail", "Sandbox") for currency in ("GBP", "USD")]
    assert tariffs == ways


def test_the_password_of_an_instance_stays(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert accounts.password(home) == accounts.password(home) != accounts.password(Home(tmp_path / "another"))
    assert (home.secrets / "demo").stat().st_mode & 0o777 == 0o600


def test_a_crowd_clicks_buys_and_ends_in_time(shop: str, pg: str) -> None:
    """Who has no account opens one; every checkout is paid, declined, or broken off by an error."""

    async def visits() -> Counter[str]:
        async with opening.crowd(Scene(shop, "a demo password", rate=8, seed=7)) as crowd:
            return await crowd.run(8)

    tally = asyncio.run(asyncio.wait_for(visits(), timeout=90))
    assert tally["visits"] > 5
    assert tally["clicks"] > tally["visits"]
    broken_off = sum(count for what, count in tally.items() if what.startswith(("failed: ", "refused: ")))
    assert tally["paid"] > 0
    assert 0 <= tally["checkouts"] - tally["paid"] - tally["payments declined"] <= broken_off, tally
    with psycopg.connect(pg) as connection:
        query = "SELECT count(*) FROM orders WHERE session_id IS NOT NULL"
        assert connection.execute(query).fetchall() == [(tally["checkouts"],)]


@contextmanager
def absent(dsn: str, email: str) -> Iterator[None]:
    """While the block runs, nobody has this address."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        rename = "UPDATE users SET email = %s WHERE email = %s"
        connection.execute(rename, [f"absent-{email}", email])
        yield
        connection.execute(rename, [email, f"absent-{email}"])


async def test_the_coupon_comes_when_the_admin_does(shop: str, pg: str) -> None:
    """A crowd may be there before the demo's people are: it then lived without coupons, and nobody did its errands."""
    await ensured(pg, "a password")
    scene = Scene(shop, "a password", rate=1)
    async with somebody(shop) as person, opening.crowd(scene) as crowd:
        coupon = "SELECT count(*) FROM promotions WHERE code = 'WELCOME-10'"
        with absent(pg, accounts.admin_email()):
            await crowd._open_shop()
            with psycopg.connect(pg) as connection:
                assert connection.execute(coupon).fetchone() == (0,)
        await crowd._shelf(person)
        with psycopg.connect(pg) as connection:
            assert connection.execute(coupon).fetchone() == (1,)


@asynccontextmanager
async def somebody(api: str) -> AsyncIterator[Any]:
    """Who has just opened an account."""
    async with opening.crowd(Scene(api, "a demo password", rate=1)) as crowd:
        people = import_module("stack.simulator.people")
        async with people.Lines(api) as lines:
            person = people.Person(lines, crowd.tally, f"{uuid4()}@simulated.example", "a demo password")
            await person.register("Ann", "Smith")
            yield person


@pytest.mark.parametrize("refresh", ["", "unknown"])
async def test_who_has_an_old_token_stays_signed_in(shop: str, refresh: str) -> None:
    """By the other token, or by signing in again where that is refused too."""
    async with somebody(shop) as person:
        person._access, person._refresh = "old", refresh or person._refresh
        get_me = import_module("atlantic_client.api.accounts.get_me")
        assert (await person.ask(get_me.asyncio_detailed(client=person.api))).email == person.email


async def test_who_is_too_fast_waits_and_is_refused(shop: str) -> None:
    async with somebody(shop) as person:
        people, types = import_module("stack.simulator.people"), import_module("atlantic_client.types")
        words = {"title": "Too many calls", "detail": "wait", "instance": "/", "correlation_id": "1", "status": 429}
        problem = people.Problem.from_dict({"type": f"{shop}/problems/rate-limited", **words})
        hasty = asyncio.get_running_loop().create_future()
        hasty.set_result(types.Response(people.HTTPStatus(429), b"", {"Retry-After": "0.2"}, problem))
        begun = asyncio.get_running_loop().time()
        with pytest.raises(people.RefusedError, match="rate-limited"):
            await person.ask(hasty)
        assert asyncio.get_running_loop().time() - begun >= 0.2
        assert person._tally["waited for a rate limit"] == 1
