"""R-PAY-15: our operations beside the gateway's list; differences are listed, nothing is corrected."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import psycopg
import pytest
from typer.testing import CliRunner

from api import db as database
from api.payments import service as payments
from api.payments.service import comparison
from stack.cli.payments import app as command
from tests import shop

Db = psycopg.Connection[tuple[Any, ...]]


async def differences(pg: str) -> dict[str, tuple[str, str | None, str | None]]:
    pool = database.engine(pg, size=2)
    try:
        now = datetime.now(UTC)
        guard = payments.Guard(payments.CardNetwork(pool, "a secret of the gateway"))
        found = await payments.compare(pool, guard, now - timedelta(days=1), now + timedelta(minutes=1))
        return {one.idempotency_ref: (one.what, one.ours, one.theirs) for one in found}
    finally:
        await pool.dispose()


@pytest.fixture
def charged(shopper: httpx2.Client, seller: httpx2.Client) -> str:
    """The reference of a charge of 12.00."""
    payment = shop.buy(shopper, shop.product(seller, price=1200, stock=2), 1).raise_for_status().json()
    return f"charge:{payment['id']}"


async def test_equal_lists_have_no_difference(
    shopper: httpx2.Client, seller: httpx2.Client, charged: str, pg: str
) -> None:
    """Declines and top-ups too (R-PAY-15)."""
    shop.buy(shopper, shop.product(seller, price=100, stock=1), 1, shop.DECLINED)
    filled = {"amount_minor": 500, "currency": "GBP", "gateway_token": shop.APPROVED}
    shopper.post("/wallet/top-ups", json=filled).raise_for_status()
    assert await differences(pg) == {}


@pytest.mark.parametrize(
    ("spoil", "mend", "expected"),
    [
        ("UPDATE card_network.operations SET amount_minor = 1201 WHERE idempotency_ref = %s",
         "UPDATE card_network.operations SET amount_minor = 1200 WHERE idempotency_ref = %s",
         ("amount", "succeeded 1200 GBP", "succeeded 1201 GBP")),
        ("UPDATE payment_operations SET status = 'failed' WHERE idempotency_ref = %s",
         "UPDATE payment_operations SET status = 'succeeded' WHERE idempotency_ref = %s",
         ("outcome", "failed 1200 GBP", "succeeded 1200 GBP")),
        ("UPDATE card_network.operations SET idempotency_ref = 'x' || idempotency_ref WHERE idempotency_ref = %s",
         "UPDATE card_network.operations SET idempotency_ref = substr(idempotency_ref, 2) "
         "WHERE idempotency_ref = 'x' || %s", ("unknown there", "succeeded 1200 GBP", None)),
    ],
)  # fmt: skip
async def test_what_differs_is_listed_and_left(  # noqa: PLR0917 - a table of cases
    charged: str, pg: str, db: Db, spoil: str, mend: str, expected: tuple[str, str | None, str | None]
) -> None:
    """Every time it is asked, for nothing is corrected (R-PAY-15)."""
    db.execute(spoil, [charged])
    for _ in range(2):
        found = await differences(pg)
        assert found.pop(charged) == expected
        if expected[0] == "unknown there":
            assert found.pop(f"x{charged}") == ("unknown here", None, "succeeded 1200 GBP")
        assert found == {}
    db.execute(mend, [charged])
    assert await differences(pg) == {}


def test_the_command_says_what_differs(charged: str, db: Db) -> None:
    """Exit code 0 when equal, 1 with the list when not (R-PAY-15)."""
    db.execute("UPDATE payment_operations SET occurred_at = occurred_at - interval '1 hour'")
    db.execute("UPDATE card_network.operations SET settles_at = settles_at - interval '1 hour'")
    runner = CliRunner()
    assert (runner.invoke(command, ["check"]).exit_code) == 0
    db.execute("UPDATE card_network.operations SET amount_minor = 1 WHERE idempotency_ref = %s", [charged])
    told = runner.invoke(command, ["check", "--json"])
    db.execute("UPDATE card_network.operations SET amount_minor = 1200 WHERE idempotency_ref = %s", [charged])
    assert (told.exit_code, [one["idempotency_ref"] for one in json.loads(told.stdout)]) == (1, [charged])


@pytest.mark.parametrize(("hour", "wait"), [(0, 7200.0), (1, 3600.0), (2, 86_400.0), (23, 10_800.0)])
def test_night_is_at_two(hour: int, wait: float) -> None:
    """Every night, by UTC (R-PAY-15)."""
    assert comparison._until_night(datetime(2026, 11, 21, hour, tzinfo=UTC)) == wait
