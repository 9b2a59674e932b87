"""What operators do leaves a row, written with the effect, that nobody can change (R-SEC-7)."""

from collections.abc import Iterator
from contextlib import closing
from uuid import uuid4

import httpx2
import psycopg
import pytest
from psycopg.errors import RestrictViolation

from tests import shop
from tests.api.catalog.test_images import picture, upload

Database = psycopg.Connection[tuple[object, ...]]


@pytest.fixture(scope="module")
def admin(api: str, db: Database) -> Iterator[httpx2.Client]:
    """A signed-in admin."""
    with closing(shop.account(api)) as client:
        db.execute("UPDATE users SET roles = '{shopper,admin}' WHERE email = %s", [client.headers["X-Person"]])
        shop.sign_in_again(client)
        yield client


def trail(admin: httpx2.Client, **wanted: str) -> list[dict[str, object]]:
    """The rows that the admin is shown."""
    found: list[dict[str, object]] = admin.get("/trail", params=wanted).raise_for_status().json()["items"]
    return found


def test_an_operators_change_is_noted_with_its_object(operator: httpx2.Client, admin: httpx2.Client) -> None:
    """Who, in which role, what, which object, and the names of the fields: no value (R-SEC-7)."""
    me = operator.get("/users/me").json()["id"]
    made = operator.post("/categories", json={"name": "Garden", "position": 3}).json()["id"]
    (row,) = trail(admin, object_id=made)
    assert (row["actor_id"], row["role"], row["object_type"]) == (me, "operator", "categories")
    assert row["details"] == {
        "method": "POST", "path": "/v1/categories", "fields": ["name", "position"], "status": 201,
    }  # fmt: skip
    assert row["correlation_id"]


def test_why_an_order_was_taken_on_is_kept(
    shopper: httpx2.Client, operator: httpx2.Client, seller: httpx2.Client, admin: httpx2.Client
) -> None:
    """E-ORD-13: the order itself has no place for it; where it is cancelled, the note is the order's own."""
    shop.buy(shopper, shop.product(seller, price=100, stock=1), 1).raise_for_status()
    order_id = shopper.get("/orders").json()["items"][0]["id"]
    why = "The fact was a dead letter."
    for action in ("resume", "compensate"):
        told = {"action": action, "note": why}
        assert operator.post(f"/orders/{order_id}/resume", json=told).status_code == 202
    call = {"method": "POST", "path": f"/v1/orders/{order_id}/resume", "fields": ["action", "note"], "status": 202}
    assert [row["details"] for row in trail(admin, object_id=order_id)] == [call, call | {"note": why}]
    assert operator.get(f"/orders/{order_id}").json()["cancellation_note"] == why


def test_a_hold_that_an_operator_takes_is_noted_with_its_id(
    operator: httpx2.Client, admin: httpx2.Client, seller: httpx2.Client
) -> None:
    """R-SEC-7: its answer calls the id `reservation_id`, so that none was noted."""
    shop.sign_in_again(operator)
    wish = {"order_id": str(uuid4()), "items": [{"product_id": shop.product(seller, price=1, stock=1), "quantity": 1}]}
    hold = operator.post("/inventory/reserve", json=wish).raise_for_status().json()["reservation_id"]
    operator.post("/inventory/release", json={"reservation_id": hold}).raise_for_status()
    assert [row["action"] for row in trail(admin, object_id=hold)] == ["release_stock", "reserve_stock"]


def test_what_was_refused_and_what_was_only_read_is_not_noted(operator: httpx2.Client, admin: httpx2.Client) -> None:
    """The trail tells what changed (R-SEC-7)."""
    me = operator.get("/users/me").json()["id"]
    before = len(trail(admin, actor_id=me))
    assert operator.post("/categories", json={"name": ""}).status_code == 422
    assert operator.get("/ledger/entries").status_code == 200
    assert len(trail(admin, actor_id=me)) == before


def test_a_shoppers_and_a_sellers_calls_are_not_noted(seller: httpx2.Client, admin: httpx2.Client) -> None:
    """Only those who act for the platform leave a trail (R-SEC-7)."""
    me = seller.get("/users/me").json()["id"]
    seller.patch("/users/me", json={"first_name": "Budi"}).raise_for_status()
    assert trail(admin, actor_id=me) == []


def test_an_upload_is_noted_too(api: str, category: str, db: Database, admin: httpx2.Client) -> None:
    """An operator who also sells: what was sent as a file cannot be read a second time (R-SEC-7)."""
    with closing(shop.seller(api)[0]) as client:
        product_id = shop.product(client, price=100, stock=1)
        roles = "UPDATE users SET roles = '{shopper,seller,operator}' WHERE email = %s"
        db.execute(roles, [client.headers["X-Person"]])
        shop.sign_in_again(client)
        sent = upload(client, product_id, picture(10, 10))
        assert sent.status_code == 201, sent.text
    (row,) = [each for each in trail(admin, object_id=product_id) if each["action"] == "add_product_image"]
    assert row["details"] == {
        "method": "POST", "path": f"/v1/products/{product_id}/images", "fields": [], "status": 201,
    }  # fmt: skip


def test_only_admins_read_the_trail(operator: httpx2.Client, seller: httpx2.Client, api: str) -> None:
    """An operator does not watch the others (R-SEC-7)."""
    assert operator.get("/trail").status_code == 403
    assert seller.get("/trail").status_code == 403
    assert httpx2.get(f"{api}/v1/trail").status_code == 401


def test_nobody_changes_the_trail(operator: httpx2.Client, db: Database) -> None:
    """The database refuses it (R-SEC-7)."""
    operator.post("/categories", json={"name": "Attic"}).raise_for_status()
    for change in ("UPDATE audit_trail SET role = 'shopper'", "DELETE FROM audit_trail"):
        with pytest.raises(RestrictViolation):
            db.execute(change)
