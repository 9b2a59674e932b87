"""Looks at one order from all sides: its state, its stock, its money."""

import asyncio
from typing import Any
from uuid import UUID

import httpx2
import psycopg

from api import db as database
from api.shipping import service as shipping
from tests import shop
from tests.line import eventually

Db = psycopg.Connection[tuple[Any, ...]]


def order_of(buyer: httpx2.Client, product: str, units: int = 2) -> str:
    shop.put_in_cart(buyer, product, units)
    order_id: str = shop.checkout(buyer)["id"]
    return order_id


def reaches(buyer: httpx2.Client, order_id: str, status: str, within: float = 20) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        order: dict[str, Any] = buyer.get(f"/orders/{order_id}").raise_for_status().json()
        return order if order["status"] == status else None

    found = eventually(look, within=within, every=0.05)
    assert found
    return found


def comes_back(pg: str, parcel: str) -> None:
    """The carrier brings a parcel back."""

    async def track() -> None:
        pool = database.engine(pg, size=1)
        try:
            async with database.transaction(pool) as conn:
                await shipping.track(conn, UUID(parcel), "returned_to_sender")
        finally:
            await pool.dispose()

    asyncio.run(track())


def stock(db: Db, product: str) -> tuple[int, int]:
    row = db.execute("SELECT on_hand, reserved FROM inventory WHERE product_id = %s", [product]).fetchone()
    assert row
    return int(row[0]), int(row[1])


def balance(db: Db, order_id: str) -> dict[str, int]:
    rows = db.execute(
        "SELECT l.account, sum(l.credit_minor - l.debit_minor)::bigint FROM journal_lines l "
        "JOIN journal_entries e ON e.id = l.entry_id WHERE e.order_id = %s GROUP BY 1", [order_id],
    )  # fmt: skip
    return {str(account): int(total) for account, total in rows}
