"""Listings of another system beside a shop that is open."""

import asyncio
import json
from datetime import UTC, datetime
from uuid import UUID

import psycopg

from api import db
from api.history.listings import PastListing, list_goods
from tests.api import market
from tests.locks import until_somebody_waits

AT = datetime(2026, 1, 5, tzinfo=UTC)


def listing(product_id: UUID, title: str) -> PastListing:
    return PastListing(str(product_id), title, product_id, "GBP", 700, ("Kitchen",), None, 1)


def updates(dsn: str, product_id: UUID) -> list[int]:
    """Numbers of the product's facts."""
    with psycopg.connect(dsn) as connection:
        lines = connection.execute("SELECT convert_from(line, 'UTF8') FROM outbox ORDER BY id").fetchall()
    facts = [json.loads(line) for (line,) in lines]
    return [
        f["aggregate_seq"] for f in facts if (f["event"], f["aggregate_id"]) == ("product.updated", str(product_id))
    ]


async def test_a_seller_who_changes_a_product_meanwhile_keeps_a_number_of_its_own(pg: str) -> None:
    """R-EVT-7: the fact's number is the version of the row after it, so no two facts of a product share one."""
    (product_id,) = market.products(pg, 1, stock=5)
    pool = db.engine(pg, size=1)

    async def rename() -> None:
        async with db.transaction(pool) as conn:
            await list_goods(conn, "beside", "1", [listing(product_id, "Kettle")], AT)

    with psycopg.connect(pg, autocommit=True) as watch, psycopg.connect(pg) as seller:
        seller.execute("UPDATE products SET version = version + 1, name = 'Pot' WHERE id = %s", [product_id])
        task = asyncio.create_task(rename())
        await asyncio.to_thread(until_somebody_waits, pg)
        seller.commit()
        await task
        row = watch.execute("SELECT name, version FROM products WHERE id = %s", [product_id]).fetchone()
    await pool.dispose()
    assert (row, updates(pg, product_id)) == (("Kettle", 3), [3])
