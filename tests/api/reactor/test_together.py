"""What follows from one fact on an order's way takes effect at once, and without what fails (R-ORD-9)."""

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection

from api import db
from api.payments import service as payments
from api.reactor import handling
from api.reactor.handling import Handler, UnhandledError
from streams.events.payments import PaymentFailed
from tests.api.reactor.test_handling import effects, fact, note_mark


async def test_reactions_on_an_orders_way_take_effect_in_one_transaction(
    pg: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-ORD-9: all of them at once, once; when one fails, the others take effect without it."""
    pool = db.engine(pg, size=2)
    broken: list[bool] = []
    handler = Handler(pool, payments.gateways(pool, "a secret of the gateway"))

    async def shaky(conn: AsyncConnection, event: PaymentFailed) -> None:
        if broken:
            raise ValueError("not now")
        await note_mark(conn, event)

    monkeypatch.setattr(handling, "REACTIONS", {PaymentFailed: (note_mark, shaky)})
    monkeypatch.setattr(handling, "TOGETHER", {PaymentFailed})
    monkeypatch.setattr(handling, "FIRST_WAIT_S", 0.001)
    before, whole, half = effects(pg), fact(), fact()
    commits: list[object] = []
    event.listen(pool.sync_engine, "commit", commits.append)
    await handler.handle(whole)
    assert (effects(pg), len(commits)) == (before + 2, 1)
    await handler.handle(whole)
    assert effects(pg) == before + 2
    broken.append(True)
    with pytest.raises(UnhandledError, match="shaky"):
        await handler.handle(half)
    assert effects(pg) == before + 3
    await pool.dispose()
