"""What a suspended or closed seller's orders and products do."""

from collections.abc import Iterator
from contextlib import closing

import httpx2
import pytest

from tests import shop
from tests.api.reactor.order import Db, order_of, reaches
from tests.line import eventually


def test_orders_of_a_suspended_seller_go_on(
    buyer: httpx2.Client, operator: httpx2.Client, product: str, seller: httpx2.Client
) -> None:
    """R-SEL-3: what was placed is confirmed, prepared and delivered."""
    order_id = order_of(buyer, product)
    path = f"/sellers/{seller.headers['X-Seller']}"
    operator.patch(path, json={"status": "suspended"}).raise_for_status()
    shop.pay(buyer, order_id).raise_for_status()
    parcel = reaches(buyer, order_id, "processing")["shipments"][0]["id"]
    seller.patch(f"/shipments/{parcel}", json={"status": "delivered"}).raise_for_status()
    reaches(buyer, order_id, "delivered")
    operator.patch(path, json={"status": "active"}).raise_for_status()


def test_products_of_a_closed_seller_are_deleted(saga: str, category: str, operator: httpx2.Client, db: Db) -> None:
    """R-SEL-5: with one fact each; those of others stay."""
    with closing(shop.seller(saga)[0]) as owner, closing(shop.seller(saga)[0]) as other:
        gone = [shop.product(owner, price=100, stock=1) for _ in range(2)]
        stays = shop.product(other, price=100, stock=1)
        operator.patch(f"/sellers/{owner.headers['X-Seller']}", json={"status": "closed"}).raise_for_status()
        eventually(lambda: [status_of(db, product) for product in gone] == [("deleted", 2)] * 2)
        assert status_of(db, stays) == ("active", 1)
        assert other.get(f"/products/{gone[0]}").status_code == 404


@pytest.fixture
def admin(saga: str, db: Db) -> Iterator[httpx2.Client]:
    """A signed-in admin."""
    with closing(shop.account(saga)) as client:
        db.execute("UPDATE users SET roles = '{shopper,admin}' WHERE email = %s", [client.headers["X-Person"]])
        shop.sign_in_again(client)
        yield client


@pytest.mark.parametrize(
    ("loss", "given_back"),
    [
        ("PUT /roles", {"roles": ["shopper", "seller"]}),
        ("PATCH ", {"status": "active"}),
    ],
)
def test_a_shop_that_nobody_can_answer_for_sells_nothing(  # noqa: PLR0917 - fixtures
    saga: str, category: str, admin: httpx2.Client, buyer: httpx2.Client, loss: str, given_back: dict[str, object]
) -> None:
    """R-USR-12, R-SEL-2, R-SEL-3: suspended until an operator puts it back, once its owner is; its orders go on."""
    with closing(shop.seller(saga)[0]) as owner:
        product, path = shop.product(owner, price=100, stock=5), f"/sellers/{owner.headers['X-Seller']}"
        method, of = loss.split(" ")
        person = f"/users/{owner.get('/users/me').json()['id']}{of}"
        order_id = order_of(buyer, product, 1)
        shop.pay(buyer, order_id).raise_for_status()
        parcel = reaches(buyer, order_id, "processing")["shipments"][0]["id"]
        taken = {"roles": ["shopper"]} if of else {"status": "disabled"}
        admin.request(method, person, json=taken).raise_for_status()
        eventually(lambda: admin.get(path).json()["status"] == "suspended")
        wanted = {"product_id": product, "quantity": 1}
        assert buyer.post("/cart/items", json=wanted).json()["type"] == "/problems/seller-inactive"
        early = admin.patch(path, json={"status": "active"})
        assert (early.status_code, early.json()["type"]) == (409, "/problems/seller-inactive")
        admin.patch(f"/shipments/{parcel}", json={"status": "delivered"}).raise_for_status()
        reaches(buyer, order_id, "delivered")
        admin.request(method, person, json=given_back).raise_for_status()
        admin.patch(path, json={"status": "active"}).raise_for_status()
        shop.put_in_cart(buyer, product, 1)


def status_of(db: Db, product: str) -> tuple[str, int] | None:
    row = db.execute("SELECT status, version FROM products WHERE id = %s", [product]).fetchone()
    return (str(row[0]), int(row[1])) if row else None
