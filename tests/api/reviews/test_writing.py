"""Reviews are written, changed, hidden and taken back over HTTP, and told of."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests import shop
from tests.api.reviews.buyers import Db, buyer, deliver, facts, ordered, write


def problem(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


def test_only_who_got_it_may_review_it_and_once(api: str, shopper: httpx2.Client, product: str, db: Db) -> None:
    """R-REV-1, E-REV-1: not-a-buyer, review-exists."""
    body = {"product_id": product, "rating": 4}
    with httpx2.Client(base_url=f"{api}/v1") as anybody:
        assert problem(anybody.post("/reviews", json=body)) == (401, "unauthenticated")
    assert problem(shopper.post("/reviews", json=body)) == (403, "not-a-buyer")
    order_id = ordered(shopper, product)
    assert problem(shopper.post("/reviews", json=body)) == (403, "not-a-buyer")
    deliver(db, order_id)
    review = write(shopper, product, 4, "  Pours well.\nEvery day. ")
    assert (review["rating"], review["comment"], review["author"]) == (4, "Pours well.\nEvery day.", "Ayu L.")
    assert (review["status"], review["version"], review["product_id"]) == ("visible", 2, product)
    again = shopper.post("/reviews", json=body)
    assert problem(again) == (409, "review-exists")
    assert again.json()["review_id"] == review["id"]
    assert problem(shopper.post("/reviews", json=body | {"product_id": str(uuid4())})) == (404, "not-found")


def test_returned_goods_count(shopper: httpx2.Client, product: str, db: Db) -> None:
    """R-REV-1."""
    deliver(db, ordered(shopper, product), "returned")
    assert write(shopper, product, 1)["rating"] == 1


def test_a_line_counts_from_its_own_parcel(
    api: str, seller: httpx2.Client, shopper: httpx2.Client, product: str, db: Db
) -> None:
    """R-REV-1: the other seller's parcel of the same order is still under way."""
    other, other_id = shop.seller(api)
    with closing(other):
        late = shop.product(other, price=100, stock=5)
    shop.put_in_cart(shopper, late, 1)
    order_id = ordered(shopper, product)
    for owner, arrived in ((seller.headers["X-Seller"], datetime.now(UTC)), (other_id, None)):
        db.execute(
            "WITH s AS (INSERT INTO shipments (id, order_id, seller_id, destination_address, currency, status, "
            "delivered_at) VALUES (%(id)s, %(order)s, %(seller)s, '{}', 'GBP', 'in_transit', %(arrived)s)) "
            "INSERT INTO shipment_items (shipment_id, order_item_id, quantity) "
            "SELECT %(id)s, id, quantity FROM order_items WHERE order_id = %(order)s AND seller_id = %(seller)s",
            {"id": uuid4(), "order": order_id, "seller": owner, "arrived": arrived},
        )  # fmt: skip
    assert write(shopper, product, 5)["rating"] == 5
    assert problem(shopper.post("/reviews", json={"product_id": late, "rating": 5})) == (403, "not-a-buyer")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"rating": 0}, "body.rating"),
        ({"rating": 6}, "body.rating"),
        ({"rating": 4.5}, "body.rating"),
        ({"rating": None}, "body.rating"),
        ({"comment": "  "}, "body.comment"),
        ({"comment": "x" * 5001}, "body.comment"),
        ({"comment": "a\u0000b"}, "body.comment"),
        ({"product_id": "teapot"}, "body.product_id"),
        ({"title": "Good"}, "body.title"),
    ],
)
def test_what_a_review_may_not_be(shopper: httpx2.Client, changed: dict[str, object], field: str) -> None:
    """R-API-3: each wrong field is named."""
    refused = shopper.post("/reviews", json={"product_id": str(uuid4()), "rating": 3, **changed})
    assert problem(refused) == (422, "validation-failed")
    assert [entry["field"] for entry in refused.json()["errors"]] == [field]


def test_two_at_once_leave_one(api: str, product: str, db: Db) -> None:
    """R-API-11: one review per user and product."""
    with closing(buyer(api, db, product)) as client, ThreadPoolExecutor(4) as threads:
        calls = [threads.submit(client.post, "/reviews", json={"product_id": product, "rating": 5}) for _ in range(4)]
        assert sorted(call.result().status_code for call in calls) == [201, 409, 409, 409]
    assert db.execute("SELECT count(*) FROM reviews WHERE product_id = %s", [product]).fetchone() == (1,)


def test_each_part_is_told_only_when_it_changed(api: str, product: str, db: Db) -> None:
    """R-REV-2, V-REV-1 to 6: the rating first, then the comment; versions count the facts."""
    with closing(buyer(api, db, product)) as client:
        review = write(client, product, 4, "Räuber")
        path = f"/reviews/{review['id']}"

        def change(**fields: object) -> int:
            version: int = client.patch(path, json=fields).raise_for_status().json()["version"]
            return version

        assert change(rating=5, comment="Best") == 4
        assert change(rating=5, comment="Best") == 4
        assert change(rating=3) == 5
        assert change(comment=None) == 6
        assert change(comment="Again", expected_version=6) == 7
    assert facts(db, review["id"]) == [
        ("rating.added", 1, {"rating": 4}), ("comment.created", 2, {"length": 6}),
        ("rating.updated", 3, {"rating": 5, "rating_before": 4}), ("comment.updated", 4, {"length": 4}),
        ("rating.updated", 5, {"rating": 3, "rating_before": 5}), ("comment.deleted", 6, {}),
        ("comment.created", 7, {"length": 5}),
    ]  # fmt: skip


def test_the_text_is_in_postgresql_only(api: str, product: str, db: Db) -> None:
    """R-REV-4."""
    word = uuid4().hex
    with closing(buyer(api, db, product)) as client:
        review = write(client, product, 4, word)
        client.patch(f"/reviews/{review['id']}", json={"comment": f"{word} and more"}).raise_for_status()
    assert len(facts(db, review["id"])) == 3
    written = "SELECT count(*) FROM outbox WHERE convert_from(line, 'utf8') LIKE %s"
    assert db.execute(written, [f"%{word}%"]).fetchone() == (0,)


def test_a_change_is_refused_with_its_reason(
    api: str, shopper: httpx2.Client, operator: httpx2.Client, product: str, db: Db
) -> None:
    """E-REV-3, R-API-9, R-API-12: version-conflict, somebody else's, a part that is not the caller's."""
    with closing(buyer(api, db, product)) as client:
        path = f"/reviews/{write(client, product, 4)['id']}"
        stale = client.patch(path, json={"rating": 1, "expected_version": 7})
        assert problem(stale) == (409, "version-conflict")
        assert stale.json()["current_version"] == 1
        assert problem(client.patch(path, json={"status": "hidden"})) == (403, "forbidden")
        assert problem(operator.patch(path, json={"rating": 1})) == (403, "forbidden")
        for body in ({"rating": None}, {"rating": 9}, {"status": "gone"}, {"colour": "red"}):
            assert problem(client.patch(path, json=body)) == (422, "validation-failed")
        assert problem(shopper.patch(path, json={"rating": 1})) == (404, "not-found")
        assert problem(shopper.delete(path)) == (404, "not-found")
        assert problem(client.patch(f"/reviews/{uuid4()}", json={"rating": 1})) == (404, "not-found")
        with httpx2.Client(base_url=f"{api}/v1") as anybody:
            assert problem(anybody.patch(path, json={"rating": 1})) == (401, "unauthenticated")
        assert client.patch(path, json={}).json()["rating"] == 4


def test_hiding_takes_it_out_and_showing_puts_it_back(api: str, operator: httpx2.Client, product: str, db: Db) -> None:
    """R-REV-5: deleted facts, then added and created ones; what changes meanwhile is told with them."""
    with closing(buyer(api, db, product)) as client:
        review = write(client, product, 1, "Broken")
        path = f"/reviews/{review['id']}"
        operator.patch(path, json={"status": "hidden", "expected_version": 2}).raise_for_status()
        assert operator.patch(path, json={"status": "hidden"}).json()["version"] == 4
        seen = client.patch(path, json={"rating": 2, "comment": "Chipped"}).raise_for_status().json()
        assert (seen["status"], seen["rating"], seen["version"]) == ("hidden", 2, 5)
        unread = operator.patch(path, json={"status": "visible", "expected_version": 4})
        assert problem(unread) == (409, "version-conflict")
        operator.patch(path, json={"status": "visible", "expected_version": 5}).raise_for_status()
    assert facts(db, review["id"])[2:] == [
        ("rating.deleted", 3, {"rating_before": 1}), ("comment.deleted", 4, {}),
        ("rating.added", 6, {"rating": 2}), ("comment.created", 7, {"length": 7}),
    ]  # fmt: skip


def test_what_is_taken_back_is_gone(api: str, operator: httpx2.Client, product: str, db: Db) -> None:
    """E-REV-4: repeat 204, rating.deleted and comment.deleted once, the text with it; a new one may follow."""
    with closing(buyer(api, db, product)) as client:
        review = write(client, product, 2, "Meh")
        path = f"/reviews/{review['id']}"
        assert [client.delete(path).status_code for _ in range(2)] == [204, 204]
        assert operator.delete(path).status_code == 204
        assert problem(client.patch(path, json={"rating": 5})) == (404, "not-found")
        assert [name for name, _, _ in facts(db, review["id"])[2:]] == ["rating.deleted", "comment.deleted"]
        assert db.execute("SELECT comment FROM reviews WHERE id = %s", [review["id"]]).fetchone() == (None,)
        second = write(client, product, 5)
        operator.delete(f"/reviews/{second['id']}").raise_for_status()
        assert client.get("/reviews", params={"mine": True}).json()["items"] == []


def test_a_hidden_review_leaves_quietly(api: str, operator: httpx2.Client, product: str, db: Db) -> None:
    """E-REV-4, R-REV-5: its facts were told when it was hidden."""
    with closing(buyer(api, db, product)) as client:
        review: dict[str, Any] = write(client, product, 2)
        operator.patch(f"/reviews/{review['id']}", json={"status": "hidden"}).raise_for_status()
        client.delete(f"/reviews/{review['id']}").raise_for_status()
    assert [name for name, _, _ in facts(db, review["id"])] == ["rating.added", "rating.deleted"]


def test_whoever_was_hidden_stays_hidden(api: str, operator: httpx2.Client, product: str, db: Db) -> None:
    """E-REV-3, R-REV-5: what is hidden is an operator's to show; taking it back and writing anew showed it."""
    with closing(buyer(api, db, product)) as client:
        first = write(client, product, 1, "Rude words")
        operator.patch(f"/reviews/{first['id']}", json={"status": "hidden"}).raise_for_status()
        client.delete(f"/reviews/{first['id']}").raise_for_status()
        again = write(client, product, 1, "Rude words")
        assert (again["status"], again["version"], facts(db, again["id"])) == ("hidden", 1, [])
        client.delete(f"/reviews/{again['id']}").raise_for_status()
        third = write(client, product, 4, "Pours well")
        assert third["status"] == "hidden"
        assert client.get("/reviews", params={"product_id": product}).json()["rating_count"] == 0
        operator.patch(f"/reviews/{third['id']}", json={"status": "visible"}).raise_for_status()
        assert [name for name, _, _ in facts(db, third["id"])] == ["rating.added", "comment.created"]
        client.delete(f"/reviews/{third['id']}").raise_for_status()
        assert write(client, product, 5)["status"] == "visible"
