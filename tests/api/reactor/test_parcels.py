"""A carrier that is asked by the core: labels and news of parcels; one that does not answer is left alone."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api import ids
from api.errors import GatewayUnavailable
from api.reactor.parcels import Parcels
from api.settings import GatewaySettings
from api.shipping import sandbox
from api.shipping.port import LabelWish
from api.shipping.sandbox import NAME, SandboxCarrier, way_of
from api.shipping.schemas import CarrierReport
from tests import shop
from tests.api.reactor.order import order_of, reaches

Db = psycopg.Connection[Any]
ELSEWHERE = "Elsewhere"
"""A carrier that the reactor of these tests does not know."""
LONGEST_S = 60
TOLD = GatewaySettings(
    gateway_call_s=5, gateway_repeats=3, gateway_repeat_s=0.01, breaker_failures=5, breaker_rest_s=60
)


@pytest.fixture
def parcel(saga: str, buyer: httpx2.Client, seller: httpx2.Client, product: str, db: Db) -> tuple[str, UUID]:
    """A confirmed order and its parcel, which goes by the sandbox."""
    order_id = order_of(buyer, product)
    shop.pay(buyer, order_id).raise_for_status()
    reaches(buyer, order_id, "processing")
    (found,) = seller.get(f"/shipments/{order_id}").json()["items"]
    db.execute("UPDATE shipments SET carrier = %s WHERE id = %s", [NAME, found["id"]])
    return order_id, UUID(found["id"])


@pytest.fixture
def sides(buyer: httpx2.Client, seller: httpx2.Client) -> tuple[httpx2.Client, httpx2.Client]:
    """Who ordered and who sends."""
    return buyer, seller


def row(db: Db, parcel_id: UUID) -> tuple[str, str | None]:
    """The parcel's status and tracking number."""
    found = db.execute("SELECT status, tracking_number FROM shipments WHERE id = %s", [parcel_id]).fetchone()
    assert found
    return found[0], found[1]


@pytest.fixture(params=["delivered", "returned"])
def end(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How the parcel's way ends, which the sandbox decides by its id otherwise."""
    wanted: str = request.param
    last = "delivered" if wanted == "delivered" else "delivery_failed"
    known = map(way_of, (UUID(int=number) for number in range(500)))
    way = next(steps for steps in known if steps[-1][1] == last)
    monkeypatch.setattr(sandbox, "way_of", lambda _: way)
    return wanted


async def test_a_parcel_goes_its_way_by_itself(
    end: str, pool: AsyncEngine, parcel: tuple[str, UUID], sides: tuple[httpx2.Client, httpx2.Client], db: Db
) -> None:
    """R-SHP-7, R-SHP-9, R-SHP-3: labelled, picked up, moved on a simulated clock; asked often, each report once."""
    (order_id, parcel_id), (buyer, seller) = parcel, sides
    now = ids.now()
    ahead = timedelta()

    def clock() -> datetime:
        return now + ahead

    parcels = Parcels(pool, SandboxCarrier(clock=clock), TOLD)
    for days in (0.0, 0.5, 30.0, 30.0):
        ahead = timedelta(days=days)
        await parcels.ask()
        if days == 0.5:
            assert row(db, parcel_id) == ("picked_up", f"SBX{parcel_id.hex.upper()}")
            await asyncio.to_thread(reaches, buyer, order_id, "shipped", LONGEST_S)
    told = seller.get(f"/shipments/{parcel_id}/tracking").json()
    assert [item["status"] for item in told["items"]] == [step[1] for step in sandbox.way_of(parcel_id)]
    assert told["shipment"]["status"] == end
    await asyncio.to_thread(reaches, buyer, order_id, end, LONGEST_S)


class Broken(SandboxCarrier):
    """Is asked, and does not answer."""

    name = ELSEWHERE

    def __init__(self, hangs: bool) -> None:
        super().__init__()
        self.asked, self._hangs = 0, hangs

    async def label(self, wish: LabelWish) -> str:
        """Nothing comes."""
        self.asked += 1
        if self._hangs:
            await asyncio.sleep(30)
        raise ConnectionResetError

    async def reports(self, tracking_numbers: Sequence[str]) -> Sequence[CarrierReport]:
        """Nor here."""
        raise ConnectionResetError


async def test_a_carrier_that_does_not_answer_is_left_alone(
    pool: AsyncEngine, parcel: tuple[str, UUID], db: Db
) -> None:
    """R-SHP-9, R-PAY-4: tried four times, then five failures in a row open its breaker, and it is not asked at all."""
    db.execute("UPDATE shipments SET tracking_number = NULL, carrier = %s WHERE id = %s", [ELSEWHERE, parcel[1]])
    broken = Broken(hangs=False)
    parcels = Parcels(pool, broken, TOLD)
    with pytest.raises(ConnectionResetError):
        await parcels.ask()
    assert broken.asked == 4
    with pytest.raises(ConnectionResetError):
        await parcels.ask()
    assert broken.asked == 5
    with pytest.raises(GatewayUnavailable):
        await parcels.ask()
    assert broken.asked == 5


async def test_a_carrier_that_hangs_holds_nobody_up(pool: AsyncEngine, parcel: tuple[str, UUID], db: Db) -> None:
    """R-SHP-9, R-PAY-4: a call is bounded; the parcel waits for its label and gets it from the next that answers."""
    db.execute("UPDATE shipments SET tracking_number = NULL, carrier = %s WHERE id = %s", [ELSEWHERE, parcel[1]])
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(25):
            await Parcels(pool, Broken(hangs=True), TOLD.model_copy(update={"gateway_call_s": 0.2})).ask()
    assert row(db, parcel[1])[1] is None
    there = SandboxCarrier()
    there.name = ELSEWHERE
    await Parcels(pool, there, TOLD).ask()
    assert row(db, parcel[1])[1] == f"SBX{parcel[1].hex.upper()}"
