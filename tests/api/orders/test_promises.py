"""What an order promises whatever happens around it: nothing half, nothing altered, no cart lost."""

from contextlib import suppress
from typing import Any

import httpx2
import psycopg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from api import db as database
from api.orders import service as orders
from tests import shop
from tests.api.market import ASKED
from tests.api.reactor.order import order_of, reaches, stock
from tests.api.running import reactor, relay, sweeping

Db = psycopg.Connection[tuple[Any, ...]]


async def test_a_death_before_commit_leaves_nothing(
    pg: str, shopper: httpx2.Client, seller: httpx2.Client, db: Db
) -> None:
    """R-ORD-2: order, hold and facts were written and never committed; cart and stock are as they were."""
    product = shop.product(seller, price=500, stock=3)
    shop.put_in_cart(shopper, product, 2)
    user = db.execute("SELECT id FROM users WHERE email = %s", [shopper.headers["X-Person"]]).fetchone()
    assert user
    pool = database.engine(pg, size=1)
    conn = await pool.connect()
    placed = await orders.place(conn, user[0], ASKED)
    process = await conn.scalar(text("SELECT pg_backend_pid()"))
    db.execute("SELECT pg_terminate_backend(%s)", [process])
    with suppress(DBAPIError):
        await conn.commit()
    await conn.invalidate()
    await pool.dispose()
    assert shopper.get(f"/orders/{placed.id}").status_code == 404
    assert stock(db, product) == (3, 0)
    assert [line["quantity"] for line in shopper.get("/cart").json()["items"]] == [2]
    told = db.execute("SELECT count(*) FROM outbox WHERE convert_from(line, 'UTF8') LIKE %s", [f"%{placed.id}%"])
    assert told.fetchone() == (0,)
    assert shop.checkout(shopper)["status"] == "pending"


def test_later_changes_alter_no_snapshot(shopper: httpx2.Client, seller: httpx2.Client) -> None:
    """R-ORD-6: neither the product's nor the address book's."""
    product = shop.product(seller, price=500, stock=3)
    kept = shopper.post("/users/me/addresses", json=shop.ADDRESS).raise_for_status().json()
    shop.put_in_cart(shopper, product, 1)
    order = shopper.post("/checkout", json={"address_id": kept["id"], "payment_method": "card"}).json()["order"]
    seller.patch(f"/products/{product}", json={"name": "Kettle", "price_minor": 900}).raise_for_status()
    shopper.patch(f"/users/me/addresses/{kept['id']}", json={"street": "Elsewhere 9"}).raise_for_status()
    seen = shopper.get(f"/orders/{order['id']}").json()
    assert seen["shipping_address"] == order["shipping_address"]
    assert seen["shipping_address"]["street"] == shop.ADDRESS["street"]
    assert seen["items"] == order["items"]
    assert (seen["items"][0]["product_name"], seen["items"][0]["product_snapshot"]["price_minor"]) == ("Teapot", 500)


def test_a_paid_order_outlives_the_log(
    pg: str, shopper: httpx2.Client, seller: httpx2.Client, db: Db, log: str
) -> None:
    """R-ORD-12, R-ORD-7: taken and paid while nothing reaches the log, not cancelled by time, confirmed afterwards."""
    product = shop.product(seller, price=500, stock=3)
    order_id = order_of(shopper, product)
    assert shop.pay(shopper, order_id).json()["status"] == "success"
    other = shop.account(log)
    unpaid = order_of(other, shop.product(seller, price=500, stock=3))
    late = "UPDATE orders SET hold_expires_at = now() - interval '1 second' WHERE id = %s"
    for one in (order_id, unpaid):
        db.execute(late, [one])
    with sweeping(pg):
        reaches(other, unpaid, "cancelled")
    assert (shopper.get(f"/orders/{order_id}").json()["status"], stock(db, product)) == ("pending", (3, 2))
    assert kept_lines(db, order_id) == ("checked_out", 1)
    with relay(), reactor(api_url=log):
        reaches(shopper, order_id, "processing")
    assert kept_lines(db, order_id)[0] == "converted"


def kept_lines(db: Db, order_id: str) -> tuple[str, int]:
    """The state of an order's cart, and how many lines it keeps."""
    row = db.execute(
        "SELECT c.status, (SELECT count(*) FROM cart_items i WHERE i.cart_id = c.id) "
        "FROM carts c JOIN orders o ON o.cart_id = c.id WHERE o.id = %s", [order_id],
    ).fetchone()  # fmt: skip
    assert row
    return str(row[0]), int(row[1])


def test_a_seller_sees_the_street_of_own_parcels_only(
    shopper: httpx2.Client, seller: httpx2.Client, db: Db, log: str
) -> None:
    """R-ORD-23: province and city before there is a parcel to send, the whole address with it."""
    order_id = order_of(shopper, shop.product(seller, price=500, stock=3))
    seen = seller.get(f"/orders/{order_id}").json()["shipping_address"]
    assert set(seen) == {"province_id", "city_id", "province_name", "city_name"}
    shop.pay(shopper, order_id).raise_for_status()
    with relay(), reactor(api_url=log):
        reaches(shopper, order_id, "processing")
    assert seller.get(f"/orders/{order_id}").json()["shipping_address"]["street"] == shop.ADDRESS["street"]
