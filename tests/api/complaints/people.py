"""A shopper with goods of two sellers at the door, as complaints find them."""

from typing import Any

import httpx2
import psycopg

from tests import shop

Db = psycopg.Connection[tuple[Any, ...]]
BROKEN = {"type": "damaged", "description": "The lid came in two pieces."}


def bought(shopper: httpx2.Client, *products: str, units: int = 1) -> dict[str, Any]:
    """A paid order with a line of each product."""
    for product in products:
        shop.put_in_cart(shopper, product, units)
    order = shop.checkout(shopper)
    shop.pay(shopper, order["id"]).raise_for_status()
    return order


def arrived(db: Db, order_id: str, *, days_ago: float = 0) -> None:
    """Its parcels were delivered some days ago."""
    db.execute(
        "UPDATE orders SET status = 'delivered', shipped_at = now(), "
        "delivered_at = now() - %s * interval '1 day' WHERE id = %s", [days_ago, order_id],
    )  # fmt: skip


def complain(shopper: httpx2.Client, order_id: str, **fields: object) -> httpx2.Response:
    return shopper.post(f"/orders/{order_id}/complaint", json=BROKEN | fields)


def resolve(caller: httpx2.Client, order_id: str, how: str, **fields: object) -> httpx2.Response:
    return caller.post(f"/orders/{order_id}/complaint/resolve", json={"resolution_type": how, **fields})


def facts(db: Db, complaint_id: str) -> list[str]:
    """What was told of a complaint, in the order of its versions."""
    rows = db.execute(
        "SELECT l ->> 'event' FROM (SELECT convert_from(line, 'UTF8')::jsonb AS l FROM outbox) o "
        "WHERE l ->> 'aggregate_id' = %s ORDER BY (l ->> 'aggregate_seq')::int", [complaint_id],
    )  # fmt: skip
    return [str(row[0]) for row in rows]


def line_of(order: dict[str, Any], seller: httpx2.Client) -> str:
    """The order's line of a seller."""
    lines: list[str] = [item["id"] for item in order["items"] if item["seller_id"] == seller.headers["X-Seller"]]
    return lines[0]
