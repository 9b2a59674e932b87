"""One line through every part: a shopper's order and clicks over HTTP become a seller's numbers, to the cent."""

from datetime import UTC, datetime
from uuid import uuid4

import httpx2

from tests.line import Line, eventually
from tests.shop import DECLINED, account, buy, checkout, pay, product, put_in_cart, seller


def shop(line: Line, *, price: int, stock: int) -> tuple[httpx2.Client, str, str]:
    """A seller with one product: the client, the seller's id, the product's id."""
    client, seller_id = seller(line.api)
    return client, seller_id, product(client, price=price, stock=stock)


def books(line: Line, seller_id: str) -> list[list[str]]:
    return line.sql(
        "SELECT currency, gross_minor, refund_minor, net_minor, units, units_returned FROM atlantic.books_day "
        f"WHERE seller_id = '{seller_id}'"
    )


def test_an_order_reaches_the_sellers_books_and_a_cancelled_one_leaves_them(line: Line) -> None:
    """R-ANA-2, R-MOON-1: captured money only, refunds netted, equal to the core."""
    owner, seller_id, product_id = shop(line, price=1_250, stock=10)
    shopper = account(line.api)
    paid = buy(shopper, product_id, 3).raise_for_status().json()
    assert paid["status"] == "success"
    eventually(lambda: books(line, seller_id) == [["GBP", "3750", "0", "3750", "3", "0"]])

    again = buy(shopper, product_id, 2).raise_for_status().json()
    order_id = again["order_id"]
    eventually(lambda: shopper.get(f"/orders/{order_id}").json()["status"] in {"paid", "processing"})
    shopper.post(f"/orders/{order_id}/cancel", json={"reason": "customer_request"}).raise_for_status()
    eventually(lambda: books(line, seller_id) == [["GBP", "6250", "2500", "3750", "5", "2"]])
    eventually(lambda: owner.get(f"/products/{product_id}/inventory").json()["on_hand"] == 7)
    assert line.ask("reconcile")["verdict"] == "equal"
    net = f"SELECT sum(net_minor) FROM books_day WHERE seller_id = '{seller_id}'"
    assert line.run("sql", net, "--format", "TSV").stdout == "3750\n"


def test_discounts_reach_the_books_of_who_pays_them(line: Line) -> None:
    """R-PRO-6, R-LED-5, R-MOON-1: the seller's lowers the seller's net, the platform's does not; every side agrees."""
    owner, seller_id, product_id = shop(line, price=1_999, stock=10)
    staff, shopper = line.staff(), account(line.api)
    terms = {"name": "Advent", "kind": "percent", "status": "active"}
    own = {**terms, "value_bp": 1_000, "scope": "product", "scope_id": product_id}
    owner.post("/promotions", json=own).raise_for_status()
    staff.post("/promotions", json={**terms, "value_bp": 2_500, "code": "ADVENT-25"}).raise_for_status()
    put_in_cart(shopper, product_id, 3)
    cart = shopper.post("/cart/coupon", json={"code": "advent-25"}).raise_for_status().json()
    assert (cart["subtotal_minor"], cart["discount_minor"]) == (5_997, 600 + 1_349)
    order = checkout(shopper)
    assert pay(shopper, order["id"]).raise_for_status().json()["amount_minor"] == cart["total_minor"] == 4_048
    discounts = f"SELECT gross_minor, discount_minor, refund_minor, net_minor FROM atlantic.books_day " \
                f"WHERE seller_id = '{seller_id}'"  # fmt: skip
    eventually(lambda: line.sql(discounts) == [["5997", "600", "0", "5397"]])
    uses = "SELECT countIf(event = 'coupon.redeemed'), sum(discount_minor) FROM atlantic.landing_promotions " \
           f"WHERE order_id = '{order['id']}'"  # fmt: skip
    eventually(lambda: line.sql(uses) == [["2", "1949"]])
    assert line.ask("reconcile")["verdict"] == "equal"

    eventually(lambda: shopper.get(f"/orders/{order['id']}").json()["status"] == "processing")
    shopper.post(f"/orders/{order['id']}/cancel", json={}).raise_for_status()
    eventually(lambda: line.sql(discounts) == [["5997", "600", "5397", "0"]])
    expense = "SELECT sum(debit_minor) - sum(credit_minor) FROM atlantic.ledger_account_day " \
              "WHERE account = 'promotion_expense'"  # fmt: skip
    eventually(lambda: line.sql(expense) == [["0"]])
    assert line.ask("reconcile")["verdict"] == "equal"


def test_shipping_reaches_the_books_and_goes_back(line: Line) -> None:
    """R-LED-5, R-MOON-1, R-PRO-6: what the shopper and the platform pay for sending, on every side."""
    owner, seller_id, product_id = shop(line, price=1_000, stock=10)
    tariff = {"carrier": "Royal Mail", "service": "Tracked 48", "currency": "GBP", "min_days": 2, "max_days": 3}
    owner.post("/shipping/tariffs", json={**tariff, "base_minor": 395, "per_kg_minor": 0}).raise_for_status()
    free = {"kind": "free_shipping", "max_discount_minor": 95, "currency": "GBP", "scope": "seller"}
    offer = {**free, "scope_id": seller_id, "name": "Less for the post", "status": "active"}
    promotion = line.staff().post("/promotions", json=offer).raise_for_status().json()["id"]
    shopper = account(line.api)
    paid = buy(shopper, product_id, 1).raise_for_status().json()
    assert paid["amount_minor"] == 1_300
    cells = f"SELECT shipping_minor, net_minor FROM atlantic.books_day WHERE seller_id = '{seller_id}'"
    eventually(lambda: line.sql(cells) == [["395", "1000"]])
    told = f"SELECT shipping_minor, total_minor FROM atlantic.landing_orders " \
           f"WHERE event = 'order.created' AND order_id = '{paid['order_id']}'"  # fmt: skip
    eventually(lambda: line.sql(told) == [["300", "1300"]])
    sales = {"currency": "GBP"}

    def live() -> int:
        answer = owner.get("/analytics/dashboard", params=sales)
        return int(answer.json()["shipping_minor"]) if answer.status_code == 200 else -1

    eventually(lambda: live() == 395)
    (due,) = owner.get(f"/sellers/{seller_id}/balance").raise_for_status().json()["items"]
    assert (due["shipping_minor"], due["due_minor"]) == (395, 1_000 - 100 + 395)
    assert line.ask("reconcile")["verdict"] == "equal"

    eventually(lambda: shopper.get(f"/orders/{paid['order_id']}").json()["status"] == "processing")
    shopper.post(f"/orders/{paid['order_id']}/cancel", json={}).raise_for_status()
    eventually(lambda: line.sql(cells) == [["0", "0"]])
    eventually(lambda: live() == 0)
    assert line.ask("reconcile")["verdict"] == "equal"
    line.staff().patch(f"/promotions/{promotion}", json={"status": "ended"}).raise_for_status()


def test_a_declined_card_leaves_no_sale_and_gives_the_stock_back(line: Line) -> None:
    """R-PAY-5, R-ORD-11: the decline is final, the hold is released."""
    _, seller_id, product_id = shop(line, price=500, stock=4)
    shopper = account(line.api)
    answer = buy(shopper, product_id, 4, DECLINED)
    assert answer.status_code == 402
    assert answer.headers["content-type"].startswith("application/problem+json")
    eventually(lambda: shopper.get(f"/products/{product_id}/inventory").json()["available"] == 4)
    assert books(line, seller_id) == []


def test_clicks_land_once_each_and_reach_the_funnel(line: Line) -> None:
    """R-TRK-1, R-TRK-3: accepted means landed, a bad click is named and takes nobody with it."""
    _, _, product_id = shop(line, price=900, stock=1)
    session = str(uuid4())
    clicks = [
        {
            "click_id": str(uuid4()), "name": "Product Viewed", "session_id": session,
            "occurred_at": datetime.now(UTC).isoformat(), "properties": {"product_id": product_id},
        }
        for _ in range(20)
    ]  # fmt: skip
    bad = {**clicks[0], "click_id": str(uuid4()), "name": "Order Completed"}
    answer = httpx2.post(f"{line.api}/v1/tracking/clicks", json=[*clicks, bad])
    assert answer.status_code == 202
    assert answer.json()["accepted"] == 20
    assert [(r["index"], r["reason"]) for r in answer.json()["rejected"]] == [(20, "purchase-from-client")]
    landed = f"SELECT count(), uniqExact(event_id) FROM atlantic.landing_clicks WHERE session_id = '{session}'"
    eventually(lambda: line.sql(landed) == [["20", "20"]])
    funnel = f"SELECT sum(views) FROM atlantic.funnel_hour WHERE product_id = '{product_id}'"
    eventually(lambda: line.sql(funnel) == [["20"]])
