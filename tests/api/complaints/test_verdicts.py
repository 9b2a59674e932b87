"""How complaints end: what may be granted, by whom, and what is kept for it (E-ORD-8)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import httpx2
import pytest

from api import db as database
from api.complaints import service as complaints
from api.payments import service as payments
from streams.events.complaints import ComplaintResolved
from tests import shop
from tests.api.complaints.people import Db, arrived, bought, complain, facts, line_of, resolve

Order = dict[str, Any]


def test_money_is_bound_to_the_line(shopper: httpx2.Client, seller: httpx2.Client, order: Order) -> None:
    """E-ORD-8, R-PAY-10: no more than the line still costs; without an amount all of it."""
    complain(shopper, order["id"], order_item_id=line_of(order, seller)).raise_for_status()
    much = resolve(seller, order["id"], "refund", amount_minor=1001)
    assert (much.status_code, much.json()["refundable_minor"]) == (409, 1000)
    assert resolve(seller, order["id"], "replacement", amount_minor=1).status_code == 422
    assert resolve(seller, order["id"], "refund", amount_minor=0).status_code == 422
    done = resolve(seller, order["id"], "refund").json()
    assert (done["status"], done["resolution_minor"], done["currency"]) == ("resolved", 1000, "GBP")


async def test_what_a_verdict_promised_is_nobody_elses(
    pg: str, shopper: httpx2.Client, seller: httpx2.Client, order: Order
) -> None:
    """R-PAY-10, R-ORD-23: until it is paid it is kept of the line, so that no other line has to bear it."""
    complaint = complain(shopper, order["id"], order_item_id=line_of(order, seller)).json()
    resolve(seller, order["id"], "refund").raise_for_status()
    wish = payments.Wish(
        UUID(order["id"]), reason_code="complaint.resolved", cause_type="complaint", cause_id=UUID(complaint["id"]),
        amount_minor=1000, approved_by="rule",
    )  # fmt: skip
    pool = database.engine(pg, size=1)
    async with database.transaction(pool) as conn:
        await payments.follow(conn, wish)
    await pool.dispose()
    gift = seller.post("/refunds", json={"order_id": order["id"], "amount_minor": 50, "reason": "a gift"})
    assert (gift.status_code, gift.json()["refundable_minor"]) == (409, 0)


async def test_what_a_verdict_on_a_line_gives_is_its_sellers(
    pg: str, shopper: httpx2.Client, seller: httpx2.Client, other: httpx2.Client, order: Order
) -> None:
    """E-PAY-6, R-SEL-1: who granted it finds it, in an order of several sellers too, and hears of it; nobody else."""
    heard, pool = [], database.engine(pg, size=1)
    for one, minor in ((seller, 400), (other, 40)):
        complaint = complain(shopper, order["id"], order_item_id=line_of(order, one)).raise_for_status().json()
        resolve(one, order["id"], "refund", amount_minor=minor).raise_for_status()
        wish = payments.Wish(
            UUID(order["id"]), reason_code="complaint.resolved", cause_type="complaint", cause_id=UUID(complaint["id"]),
            amount_minor=minor, approved_by="rule",
        )  # fmt: skip
        async with database.transaction(pool) as conn:
            refund = await payments.follow(conn, wish)
            assert refund is not None
            heard.append(await payments.sellers_of_refund(conn, refund.id, refund.order_id))
    await pool.dispose()
    assert heard == [{UUID(one.headers["X-Seller"])} for one in (seller, other)]
    found = [one.get("/refunds", params={"order_id": order["id"]}).json()["items"] for one in (seller, other)]
    assert [[one["amount_minor"] for one in page] for page in found] == [[400], [40]]
    for one, foreign in zip((other, seller), found, strict=True):
        assert one.get(f"/refunds/{foreign[0]['id']}").status_code == 404


@pytest.mark.parametrize("how", ["refund", "store_credit"])
def test_money_of_a_verdict_is_not_granted_again_before_it_moves(  # noqa: PLR0917 - fixtures
    shopper: httpx2.Client, seller: httpx2.Client, other: httpx2.Client, staff: httpx2.Client, order: Order, how: str
) -> None:
    """R-PAY-10, R-ORD-20: it follows from the fact; given twice, the platform would have to bear the second time."""
    complain(shopper, order["id"], order_item_id=line_of(order, seller)).raise_for_status()
    resolve(seller, order["id"], how, amount_minor=900).raise_for_status()
    gift = {"order_id": order["id"], "reason": "a gift"}
    much = seller.post("/refunds", json=gift | {"amount_minor": 101})
    assert (much.status_code, much.json()["refundable_minor"]) == (409, 100)
    much = staff.post("/refunds", json=gift | {"amount_minor": 201})
    assert (much.status_code, much.json()["refundable_minor"]) == (409, 200)
    complain(shopper, order["id"], order_item_id=line_of(order, seller)).raise_for_status()
    much = resolve(seller, order["id"], "store_credit", amount_minor=101)
    assert (much.status_code, much.json()["refundable_minor"]) == (409, 100)
    resolve(staff, order["id"], "rejected").raise_for_status()
    complain(shopper, order["id"], order_item_id=line_of(order, other)).raise_for_status()
    assert resolve(other, order["id"], "store_credit").json()["resolution_minor"] == 100


def test_a_wish_that_gave_way_to_a_verdict_is_not_approved_beside_it(
    shopper: httpx2.Client, staff: httpx2.Client, order: Order
) -> None:
    """R-PAY-10: undecided wishes give way to it, also before its money has moved."""
    wish = {"order_id": order["id"], "amount_minor": 300, "reason": "a scratch"}
    asked = shopper.post("/refunds", json=wish).raise_for_status().json()
    complain(shopper, order["id"]).raise_for_status()
    assert resolve(staff, order["id"], "store_credit", amount_minor=1000).status_code == 200
    decision = staff.post(f"/refunds/{asked['id']}/decision", json={"decision": "approve"})
    assert (decision.status_code, decision.json()["refundable_minor"]) == (409, 100)


def test_a_replacement_needs_stock(shopper: httpx2.Client, seller: httpx2.Client, db: Db) -> None:
    """E-ORD-8, R-EVT-5: 409 insufficient-stock leaves the complaint open, and the refusal is told."""
    order = bought(shopper, shop.product(seller, price=500, stock=3), units=2)
    arrived(db, order["id"])
    complaint = complain(shopper, order["id"]).json()
    short = resolve(seller, order["id"], "replacement")
    assert (short.status_code, short.json()["type"]) == (409, "/problems/insufficient-stock")
    assert short.json()["items"][0]["requested"] == 2
    assert facts(db, complaint["id"]) == ["complaint.opened"]
    refused = db.execute(
        "SELECT count(*) FROM outbox WHERE convert_from(line, 'UTF8') LIKE %s", [f"%reservation.failed%{order['id']}%"]
    )
    assert refused.fetchone() == (1,)


async def test_nothing_is_sent_for_what_was_paid_back_meanwhile(
    pg: str, shopper: httpx2.Client, seller: httpx2.Client, db: Db
) -> None:
    """8.4: the verdict's parcel comes into being when its order has ended, and is called off."""
    order = bought(shopper, shop.product(seller, price=500, stock=3))
    arrived(db, order["id"])
    complaint = complain(shopper, order["id"]).json()
    resolve(seller, order["id"], "replacement").raise_for_status()
    db.execute("UPDATE orders SET status = 'refunded' WHERE id = %s", [order["id"]])
    fact = ComplaintResolved(
        complaint_id=UUID(complaint["id"]), order_id=UUID(order["id"]), type="defect", resolution_type="replacement",
        amount_minor=None, currency="GBP", open_for_s=0,
    )  # fmt: skip
    pool = database.engine(pg, size=1)
    async with database.transaction(pool) as conn:
        await complaints.settle(conn, fact)
    await pool.dispose()
    parcels = db.execute("SELECT kind, status FROM shipments WHERE order_id = %s", [order["id"]]).fetchall()
    assert ("replacement", "cancelled") in parcels


def test_nobody_settles_a_complaint_of_their_own(seller: httpx2.Client, db: Db) -> None:
    """A seller who bought from the own shop grants nothing."""
    order = bought(seller, shop.product(seller, price=500, stock=3))
    arrived(db, order["id"])
    complain(seller, order["id"]).raise_for_status()
    assert resolve(seller, order["id"], "refund").status_code == 403


def test_a_shop_with_an_open_complaint_stays(
    shopper: httpx2.Client, seller: httpx2.Client, other: httpx2.Client, staff: httpx2.Client, order: Order
) -> None:
    """R-SEL-5: until it is settled; another seller's line keeps nobody else."""

    def open_orders(shop_of: httpx2.Client) -> int:
        answer = staff.patch(f"/sellers/{shop_of.headers['X-Seller']}", json={"status": "closed"})
        assert answer.status_code == 409
        return int(answer.json()["orders"])

    before = open_orders(seller), open_orders(other)
    complain(shopper, order["id"], order_item_id=line_of(order, seller)).raise_for_status()
    assert (open_orders(seller), open_orders(other)) == (before[0] + 1, before[1])
    resolve(staff, order["id"], "rejected").raise_for_status()
    assert (open_orders(seller), open_orders(other)) == before


def test_at_the_same_moment_one_is_opened_and_one_verdict_stands(
    shopper: httpx2.Client, seller: httpx2.Client, db: Db
) -> None:
    """R-ORD-20, R-ORD-21: the others get 409; a replacement is held once."""
    product = shop.product(seller, price=500, stock=9)
    order = bought(shopper, product)
    arrived(db, order["id"])
    with ThreadPoolExecutor(6) as threads:
        opened = list(threads.map(lambda _: complain(shopper, order["id"]), range(6)))
        settled = list(threads.map(lambda _: resolve(seller, order["id"], "replacement"), range(6)))
    assert sorted(answer.status_code for answer in opened) == [201, 409, 409, 409, 409, 409]
    assert sorted(answer.status_code for answer in settled) == [200, 409, 409, 409, 409, 409]
    complaint_id = settled[0].json().get("id") or settled[0].json()["complaint_id"]
    assert facts(db, complaint_id) == ["complaint.opened", "complaint.resolved"]
    held = db.execute("SELECT sum(reserved) FROM inventory WHERE product_id = %s", [product]).fetchone()
    assert held == (2,)  # the order's own unit, which nobody deducts here, and its replacement
