"""Whose a refund is, asked in one statement however many sellers an order has."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from uuid import UUID

import httpx2
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api.payments import service as payments
from tests import shop
from tests.api.base.listening import heard
from tests.api.payments.test_refunds import Db, ask, delivered, follow


@pytest.fixture
def sellers(api: str, category: str) -> Iterator[list[httpx2.Client]]:
    """Three sellers in GBP."""
    with ExitStack() as stack:
        yield [stack.enter_context(closing(shop.seller(api)[0])) for _ in range(3)]


def bought(shopper: httpx2.Client, *sellers: httpx2.Client) -> str:
    """A paid order of one unit of each of them; its id."""
    for one in sellers:
        shop.put_in_cart(shopper, shop.product(one, price=1000, stock=1), 1)
    order_id: str = shop.checkout(shopper)["id"]
    shop.pay(shopper, order_id).raise_for_status()
    return order_id


async def whose(pool: AsyncEngine, refund: dict[str, str]) -> set[str]:
    """The sellers of a refund, found by one statement."""
    async with pool.connect() as conn:
        with heard() as sent:
            found = await payments.sellers_of_refund(conn, UUID(refund["id"]), UUID(refund["order_id"]))
    assert len(sent) == 1, sent
    return {str(seller_id) for seller_id in found}


async def test_one_statement_says_whose_a_refund_is(
    shopper: httpx2.Client, sellers: list[httpx2.Client], pool: AsyncEngine, db: Db, pg: str
) -> None:
    """R-SEL-1, R-PAY-10: own grants, own goods that came back, orders of own lines alone; no other seller's."""
    first, second, _ = own = [one.headers["X-Seller"] for one in sellers]
    order_id = bought(shopper, *sellers)
    delivered(db, order_id)
    assert await whose(pool, ask(sellers[0], order_id, 10).json()) == {first}
    assert await whose(pool, ask(shopper, order_id, 10).json()) == set()
    line = next(one for one in shopper.get(f"/orders/{order_id}").json()["items"] if one["seller_id"] == second)
    items = [{"order_item_id": line["id"], "quantity": 1}]
    shopper.post(f"/orders/{order_id}/return", json={"reason": "defect", "items": items}).raise_for_status()
    back = sellers[1].post(f"/orders/{order_id}/return/receive", json={}).raise_for_status().json()
    cause = UUID(back["id"])
    wish = payments.Wish(UUID(order_id), reason_code="x", cause_type="return", cause_id=cause, approved_by="rule")
    await follow(pg, wish)
    seen = [one.get("/refunds", params={"order_id": order_id}).json()["items"] for one in sellers]
    assert [[one["cause_type"] for one in page] for page in seen] == [["seller"], ["return"], []]
    assert await whose(pool, seen[1][0]) == {second}
    alone = bought(shopper, sellers[2])
    assert await whose(pool, ask(shopper, alone, 10).json()) == {own[2]}
