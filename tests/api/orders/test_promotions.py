"""Checkout with promotions: what the cart said is what is paid, every use is counted, and nothing is counted twice."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from uuid import UUID

import httpx2
import msgspec
import psycopg
import pytest
from sqlalchemy import event

from api import db as database
from api import ids
from api.orders import service
from streams.events.orders import OrderReturned, ReturnedLine
from tests import shop
from tests.api import market
from tests.api.carts.test_coupons import coupon, put_on
from tests.api.orders.test_checkout import checkout, count, events
from tests.api.orders.test_race import rush
from tests.api.promotions.test_promotions import code, make

Db = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture(scope="module")
def owner(api: str, category: str) -> Iterator[httpx2.Client]:
    with closing(shop.seller(api)[0]) as client:
        yield client


def cart_of(shopper: httpx2.Client, seller: httpx2.Client, *prices: int) -> None:
    for price in prices:
        shop.put_in_cart(shopper, shop.product(seller, price=price, stock=10), 1)


def used(db: Db, text: str) -> tuple[int, int, int]:
    """used_count, live redemptions and their sum."""
    row = db.execute(
        "SELECT used_count, count(r.id), coalesce(sum(r.discount_minor), 0)::int FROM promotions p "
        "LEFT JOIN redemptions r ON r.promotion_id = p.id AND r.status = 'redeemed' WHERE code = %s GROUP BY p.id",
        [text],
    ).fetchone()
    assert row
    return int(str(row[0])), int(str(row[1])), int(str(row[2]))


def test_an_order_costs_what_its_cart_said(
    owner: httpx2.Client, operator: httpx2.Client, shopper: httpx2.Client, db: Db
) -> None:
    """R-PRO-1 to 3, S5, V-PRO-3: lines add up, the platform's part is kept, each use is told once."""
    cart_of(shopper, owner, 333, 334, 1000)
    own = make(owner, status="active", value_bp=1000)
    text = coupon(operator, value_bp=None, kind="fixed", value_minor=500, currency="GBP")
    cart = put_on(shopper, text).raise_for_status().json()
    answer = checkout(shopper, expected_total_minor=cart["total_minor"]).raise_for_status().json()
    order = answer["order"]
    assert (
        (order["discount_minor"], order["total_minor"]) == (cart["discount_minor"], cart["total_minor"]) == (667, 1000)
    )
    assert [line["discount_minor"] for line in order["items"]] == [line["discount_minor"] for line in cart["items"]]
    assert sum(line["discount_minor"] for line in order["items"]) == 667
    by_platform = "SELECT sum(platform_discount_minor) FROM order_items WHERE order_id = %s"
    assert count(db, by_platform, order["id"]) == 500
    assert used(db, text) == (1, 1, 500)
    assert Counter(events(db, order["id"]))["coupon.redeemed"] == 2
    told = "SELECT convert_from(line, 'utf8')::json -> 'payload' FROM outbox WHERE convert_from(line, 'utf8') LIKE %s"
    created = db.execute(told, [f'%"order.created"%"{order["id"]}"%']).fetchone()
    assert created
    assert set(created[0]["promotion_ids"]) == {one["id"] for one in cart["promotions"]}
    assert shopper.get(f"/orders/{order['id']}").json()["items"] == order["items"]
    owner.patch(f"/promotions/{own['id']}", json={"status": "ended"}).raise_for_status()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("status = 'paused'", ("coupon-invalid", "ended")),
        ("min_subtotal_minor = 5000, currency = 'GBP'", ("coupon-invalid", "minimum")),
        ("usage_limit = 1, used_count = 1", ("coupon-exhausted", None)),
    ],
)
def test_a_coupon_is_looked_at_again(
    owner: httpx2.Client, shopper: httpx2.Client, db: Db, change: str, problem: tuple[str, str | None]
) -> None:
    """R-PRO-1, R-EVT-5: the order is refused, nothing is held, the refusal is told and the cart keeps its coupon."""
    text = coupon(owner)
    cart_of(shopper, owner, 1000)
    cart = put_on(shopper, text).raise_for_status().json()
    db.execute(f"UPDATE promotions SET {change} WHERE code = %s", [text])
    answer = checkout(shopper).json()
    assert (answer["type"], answer.get("reason")) == (f"/problems/{problem[0]}", problem[1])
    assert answer["cart_version"] == cart["version"] + 1
    assert events(db, cart["id"])[-1] == "checkout.rejected"
    assert count(db, "SELECT reserved FROM inventory WHERE product_id = %s", cart["items"][0]["product_id"]) == 0
    assert used(db, text)[1] == 0
    shopper.delete("/cart/coupon").raise_for_status()
    assert checkout(shopper, expected_total_minor=1000).status_code == 201


def test_the_price_guard_tells_what_changed(owner: httpx2.Client, shopper: httpx2.Client) -> None:
    """R-ORD-5: a discount that ended shows in the total, and each line with both prices and its discount."""
    running = make(owner, status="active", value_bp=2000)
    cart_of(shopper, owner, 1000)
    shown = shopper.get("/cart").json()["total_minor"]
    owner.patch(f"/promotions/{running['id']}", json={"status": "ended"}).raise_for_status()
    refused = checkout(shopper, expected_total_minor=shown).json()
    assert (refused["expected_total_minor"], refused["total_minor"], refused["discount_minor"]) == (800, 1000, 0)
    line = refused["items"][0]
    assert (line["price_minor"], line["price_when_added_minor"], line["discount_minor"]) == (1000, 1000, 0)


def test_a_shoppers_limit_holds(owner: httpx2.Client, shopper: httpx2.Client, db: Db) -> None:
    """R-PRO-4: per_user_limit counts the shopper's own orders, and nobody else's."""
    text = coupon(owner, per_user_limit=1)
    for expected in (200, 409):
        cart_of(shopper, owner, 1000)
        assert put_on(shopper, text).status_code == expected
        assert checkout(shopper).status_code == 201
    with closing(shop.account(str(shopper.base_url).removesuffix("/v1/"))) as other:
        cart_of(other, owner, 1000)
        put_on(other, text).raise_for_status()
        checkout(other).raise_for_status()
    assert used(db, text) == (2, 2, 200)


def test_an_order_that_costs_nothing_is_confirmed_at_once(
    operator: httpx2.Client, owner: httpx2.Client, shopper: httpx2.Client, db: Db
) -> None:
    """R-ORD-24: without a payment; the seller earns what the platform gives, less commission."""
    text = coupon(operator, value_bp=10_000)
    cart_of(shopper, owner, 700, 300)
    assert put_on(shopper, text).raise_for_status().json()["total_minor"] == 0
    answer = checkout(shopper).raise_for_status().json()
    order = answer["order"]
    assert (order["status"], order["hold_expires_at"], answer["payment_due_minor"]) == ("paid", None, 0)
    assert shopper.get(f"/orders/{order['id']}").json()["version"] == order["version"] == 3
    assert [name for name in events(db, order["id"]) if name.startswith("order.")] == [
        "order.created", "order.validated", "order.confirmed"
    ]  # fmt: skip
    assert shopper.post("/payments/intent", json={"order_id": order["id"]}).status_code == 409
    assert books(db, order["id"]) == {
        "promotion_expense": -1000, "sales": 1000, "commission_charged": -100, "commission_income": 100
    }  # fmt: skip


def books(db: Db, order_id: str) -> dict[str, int]:
    rows = db.execute(
        "SELECT l.account, sum(l.credit_minor - l.debit_minor)::bigint FROM journal_lines l "
        "JOIN journal_entries e ON e.id = l.entry_id WHERE e.order_id = %s GROUP BY 1", [order_id],
    )  # fmt: skip
    return {str(account): int(total) for account, total in rows}


async def test_what_was_never_booked_is_not_taken_back(
    operator: httpx2.Client, owner: httpx2.Client, shopper: httpx2.Client, pg: str, db: Db
) -> None:
    """R-LED-3: goods that come back before anybody paid for them, as with cash at the door."""
    gift = shop.product(owner, price=500, stock=1)
    text = coupon(operator, value_bp=10_000, scope="product", scope_id=gift)
    cart_of(shopper, owner, 1000)
    shop.put_in_cart(shopper, gift, 1)
    put_on(shopper, text).raise_for_status()
    order = checkout(shopper).raise_for_status().json()["order"]
    goods = [
        {name: line[name] for name in ("product_id", "seller_id", "quantity")}
        | {"order_item_id": line["id"], "refund_minor": 0}
        for line in order["items"]
    ]
    fact = OrderReturned(
        order_id=UUID(order["id"]), return_id=ids.new(), return_reason="other", refund_amount_minor=0,
        currency="GBP", items=msgspec.convert(goods, tuple[ReturnedLine, ...]), full=True,
    )  # fmt: skip
    pool = database.engine(pg, size=1)
    async with database.transaction(pool) as conn:
        await service.unbook_returned(conn, fact)
    await pool.dispose()
    assert books(db, order["id"]) == {}


_PROMOTION = (
    "INSERT INTO promotions (id, code, name, kind, value_bp, scope, scope_id, funded_by, starts_at, status, "
    "usage_limit) VALUES (uuidv7(), %s, 'Race', 'percent', 1000, %s, %s, 'platform', now(), 'active', %s)"
)


async def test_a_hundred_checkouts_of_ten_uses(pg: str, db: Db) -> None:
    """R-PRO-4: 10 orders use the coupon, 90 hear coupon-exhausted at once; a use more or less is impossible."""
    buyers, text = market.shoppers(pg, 100, market.products(pg, 2, stock=100)), code()
    db.execute(_PROMOTION, [text, "all", None, 10])
    db.execute("UPDATE carts SET coupon_code = %s WHERE user_id = ANY(%s)", [text, buyers])
    assert await rush(pg, buyers) == {"sold": 10, "coupon-exhausted": 90}
    assert used(db, text) == (10, 10, 2000)
    told = "SELECT array_agg(version) FROM promotions WHERE code = %s"
    assert db.execute(told, [text]).fetchone() == ([11],)
    orders = "SELECT count(*) FROM orders WHERE user_id = ANY(%s) AND discount_minor = 200"
    assert count(db, orders, buyers) == 10


async def test_a_limited_promotion_that_applies_by_itself_is_no_refusal(pg: str, db: Db) -> None:
    """R-PRO-2, R-PRO-4: the first ten get it, the others buy at the full price; two promotions do not deadlock."""
    products = market.products(pg, 2, stock=100)
    for product in products:
        db.execute(_PROMOTION, [None, "product", product, 10])
    buyers = market.shoppers(pg, 40, products)
    assert await rush(pg, buyers) == {"sold": 40}
    uses = "SELECT array_agg(used_count) FROM promotions WHERE scope_id = ANY(%s)"
    assert db.execute(uses, [products]).fetchone() == ([10, 10],)
    assert count(db, "SELECT count(*) FROM orders WHERE user_id = ANY(%s) AND discount_minor = 100", buyers) == 20


@pytest.mark.parametrize("promoted", [False, True])
async def test_promotions_cost_one_round_trip_more(pg: str, db: Db, promoted: bool) -> None:
    """8.5: three without any promotion, four with one: it is locked and read in one go."""
    db.execute("UPDATE promotions SET status = 'ended'")
    products = market.products(pg, 3, stock=5)
    if promoted:
        db.execute(_PROMOTION, [None, "product", products[0], None])
    (buyer,) = market.shoppers(pg, 1, products)
    assert len(await statements(pg, buyer)) == 3 + promoted


async def statements(pg: str, buyer: UUID) -> list[str]:
    pool, found = database.engine(pg, size=1), []
    event.listen(pool.sync_engine, "before_cursor_execute", lambda *call: found.append(call[2]))
    async with database.transaction(pool) as conn:
        await service.place(conn, buyer, market.ASKED)
    await pool.dispose()
    return found
