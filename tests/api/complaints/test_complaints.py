"""Complaints over HTTP: who may say what, when, and what is told of it (E-ORD-5 to 9)."""

from typing import Any

import httpx2
import pytest

from tests import shop
from tests.api.complaints.people import BROKEN, Db, arrived, bought, complain, facts, line_of, resolve

Order = dict[str, Any]


def test_a_shopper_complains_about_a_line(shopper: httpx2.Client, seller: httpx2.Client, order: Order, db: Db) -> None:
    """E-ORD-5, V-ORD-12: 201; the order shows it; what is told names the line and its seller, and no text."""
    line = line_of(order, seller)
    answer = complain(shopper, order["id"], order_item_id=line, evidence_urls=["https://files.example/lid.jpg"])
    complaint = answer.json()
    assert (answer.status_code, complaint["status"], complaint["order_item_id"]) == (201, "open", line)
    assert complaint["description"] == BROKEN["description"]
    seen = shopper.get(f"/orders/{order['id']}").json()
    assert seen["complaint"]["id"] == complaint["id"]
    told = db.execute("SELECT convert_from(line, 'UTF8') FROM outbox WHERE convert_from(line, 'UTF8') LIKE %s",
                      [f'%"complaint.opened"%{complaint["id"]}%']).fetchone()  # fmt: skip
    assert told
    assert "lid" not in str(told[0])
    assert complaint["seller_id"] in str(told[0])


def test_one_complaint_at_a_time(
    shopper: httpx2.Client, seller: httpx2.Client, staff: httpx2.Client, order: Order
) -> None:
    """R-ORD-21: 409 complaint-open names the open one; once it is settled there may be another."""
    first = complain(shopper, order["id"]).json()
    again = complain(shopper, order["id"])
    assert (again.status_code, again.json()["type"]) == (409, "/problems/complaint-open")
    assert (again.json()["complaint_id"], again.json()["current_status"]) == (first["id"], "open")
    resolve(staff, order["id"], "rejected").raise_for_status()
    second = complain(shopper, order["id"], order_item_id=line_of(order, seller)).json()
    assert shopper.get(f"/orders/{order['id']}/complaint").json()["id"] == second["id"]
    every = shopper.get(f"/orders/{order['id']}/complaint", params={"all": True}).json()["items"]
    assert [found["id"] for found in every] == [second["id"], first["id"]]


def test_the_same_key_gives_the_same_complaint(shopper: httpx2.Client, order: Order) -> None:
    """R-API-10."""
    answers = [
        shopper.post(f"/orders/{order['id']}/complaint", json=BROKEN, headers={"Idempotency-Key": order["id"]})
        for _ in range(2)
    ]
    assert answers[0].status_code == answers[1].status_code == 201
    assert answers[0].json() == answers[1].json()


def test_the_same_key_changes_a_complaint_once(shopper: httpx2.Client, order: Order, db: Db) -> None:
    """R-API-10: the second call of a key gives the first one's answer; the same key with other words is refused."""
    complaint = complain(shopper, order["id"]).json()

    def change(description: str) -> httpx2.Response:
        return shopper.patch(
            f"/orders/{order['id']}/complaint",
            json={"description": description},
            headers={"Idempotency-Key": complaint["id"]},
        )

    first = change("The lid and the spout are broken.")
    told = facts(db, complaint["id"])
    again = change("The lid and the spout are broken.")
    assert (first.status_code, again.content) == (200, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert facts(db, complaint["id"]) == told
    assert change("Everything is broken.").json()["type"] == "/problems/idempotency-key-reused"


@pytest.mark.parametrize(("days", "status"), [(29, 201), (31, 409)])
def test_the_window_closes_thirty_days_after_delivery(
    shopper: httpx2.Client, order: Order, db: Db, days: int, status: int
) -> None:
    """R-ORD-18: also for returns, and the order's allowed actions say so."""
    arrived(db, order["id"], days_ago=days)
    allowed = shopper.get(f"/orders/{order['id']}").json()["allowed_actions"]
    assert allowed == (["return", "complain"] if status == 201 else [])
    answer = complain(shopper, order["id"])
    assert answer.status_code == status
    if status == 409:
        assert (answer.json()["type"], bool(answer.json()["closed_at"])) == ("/problems/return-window-closed", True)
        assert shopper.post(f"/orders/{order['id']}/return", json={"reason": "defect"}).status_code == 409
    else:
        assert "complain" not in shopper.get(f"/orders/{order['id']}").json()["allowed_actions"]


def test_a_parcel_under_way_may_be_missing(shopper: httpx2.Client, seller: httpx2.Client, db: Db) -> None:
    """R-ORD-18: from shipped on, not before."""
    order = bought(shopper, shop.product(seller, price=500, stock=2))
    early = complain(shopper, order["id"], type="missing")
    assert (early.status_code, early.json()["type"]) == (409, "/problems/order-state")
    db.execute("UPDATE orders SET status = 'shipped', shipped_at = now() WHERE id = %s", [order["id"]])
    assert complain(shopper, order["id"], type="missing").status_code == 201


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("type", "ugly"),
        ("description", ""),
        ("description", "x" * 5001),
        ("evidence_urls", ["http://files.example/lid.jpg"]),
        ("evidence_urls", ["javascript:alert(1)"]),
        ("evidence_urls", [f"https://files.example/{n}" for n in range(11)]),
        ("order_item_id", "01890a5d-ac96-774b-bcce-b302099a8057"),
        ("order_item_id", "a line"),
    ],
)
def test_what_is_wrong_is_named(shopper: httpx2.Client, order: Order, field: str, value: object) -> None:
    """R-API-3."""
    answer = complain(shopper, order["id"], **{field: value})
    assert answer.status_code == 422
    assert field in answer.json()["errors"][0]["field"]


def test_complaints_are_seen_by_whom_they_concern(
    shopper: httpx2.Client, seller: httpx2.Client, other: httpx2.Client, staff: httpx2.Client, order: Order
) -> None:
    """E-ORD-6, E-ORD-9, R-API-9, R-ORD-23: its shopper, the line's seller and operators; not another seller of it."""
    path = f"/orders/{order['id']}/complaint"
    assert shopper.get(path).status_code == 404
    complaint = complain(shopper, order["id"], order_item_id=line_of(order, seller)).json()
    for caller in (shopper, seller, staff):
        assert caller.get(path).json()["id"] == complaint["id"]
    assert other.get(path).status_code == 404
    assert other.patch(path, json={"status": "under_review"}).status_code == 404
    assert resolve(other, order["id"], "refund").status_code == 404
    assert other.get(f"/orders/{order['id']}").json()["complaint"] is None
    assert seller.get(f"/orders/{order['id']}").json()["complaint"]["id"] == complaint["id"]
    assert complaint["id"] in [found["id"] for found in seller.get("/complaints").json()["items"]]
    assert complaint["id"] not in [found["id"] for found in other.get("/complaints").json()["items"]]


def test_strangers_find_nothing(shopper: httpx2.Client, stranger: httpx2.Client, api: str, order: Order) -> None:
    """R-API-9: 404 for somebody else's order, 403 where a shopper never calls, 401 for nobody."""
    path = f"/orders/{order['id']}/complaint"
    complain(shopper, order["id"]).raise_for_status()
    assert stranger.get(path).status_code == 404
    assert stranger.patch(path, json={"description": "x"}).status_code == 404
    assert complain(stranger, order["id"]).status_code == 404
    assert resolve(stranger, order["id"], "refund").status_code == 403
    assert stranger.get("/complaints").status_code == 403
    for method, place in (("GET", path), ("POST", path), ("PATCH", path), ("GET", "/complaints")):
        assert httpx2.request(method, f"{api}/v1{place}", json={}).status_code == 401


def test_an_order_of_several_sellers_is_for_operators(
    shopper: httpx2.Client, seller: httpx2.Client, staff: httpx2.Client, order: Order
) -> None:
    """R-ORD-23: a complaint about all of it; about a whole order of own lines its seller acts."""
    complain(shopper, order["id"]).raise_for_status()
    assert resolve(seller, order["id"], "refund").status_code == 404
    assert staff.get(f"/orders/{order['id']}/complaint").status_code == 200


def test_evidence_is_added_and_never_removed(shopper: httpx2.Client, order: Order, db: Db) -> None:
    """R-ORD-21, E-ORD-7, V-ORD-13: each address once, ten at most; a repeat tells nothing."""
    path = f"/orders/{order['id']}/complaint"
    first, second = ["https://files.example/1"], ["https://files.example/2"]
    complaint = complain(shopper, order["id"], evidence_urls=first).json()
    changed = shopper.patch(path, json={"description": "And the spout.", "evidence_urls": second}).json()
    assert (changed["description"], changed["evidence_urls"]) == ("And the spout.", first + second)
    assert shopper.patch(path, json={"evidence_urls": second}).json()["evidence_urls"] == first + second
    many = shopper.patch(path, json={"evidence_urls": [f"https://files.example/{n}" for n in range(3, 12)]})
    assert (many.status_code, many.json()["errors"][0]["field"]) == (422, "body.evidence_urls")
    assert shopper.patch(path, json={"description": None}).status_code == 422
    assert facts(db, complaint["id"]) == ["complaint.opened", "complaint.updated"]


def test_a_complaint_is_reviewed_then_settled(
    shopper: httpx2.Client, seller: httpx2.Client, staff: httpx2.Client, order: Order, db: Db
) -> None:
    """R-ORD-19: open, under review, rejected; terminal afterwards. Each says only what is theirs to say."""
    path = f"/orders/{order['id']}/complaint"
    complaint = complain(shopper, order["id"], order_item_id=line_of(order, seller)).json()
    assert shopper.patch(path, json={"status": "under_review"}).status_code == 403
    assert seller.patch(path, json={"description": "It was whole."}).status_code == 403
    for _ in range(2):
        assert seller.patch(path, json={"status": "under_review"}).json()["status"] == "under_review"
    assert resolve(seller, order["id"], "rejected").status_code == 403
    rejected = resolve(staff, order["id"], "rejected", resolution_note="The parcel was signed for.").json()
    assert (rejected["status"], rejected["resolution_type"]) == ("rejected", "rejected")
    assert rejected["resolved_at"]
    for answer in (
        resolve(staff, order["id"], "refund"),
        shopper.patch(path, json={"description": "But..."}),
        seller.patch(path, json={"status": "under_review"}),
    ):
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/complaint-state")
        assert answer.json()["complaint_id"] == complaint["id"]
    assert shopper.get(f"/orders/{order['id']}").json()["complaint"] is None
    assert facts(db, complaint["id"]) == ["complaint.opened", "complaint.updated", "complaint.resolved"]


def test_the_queue_is_paged_and_filtered(
    shopper: httpx2.Client, seller: httpx2.Client, staff: httpx2.Client, db: Db
) -> None:
    """E-ORD-9, R-API-6: the oldest first, by status, type, seller and time."""
    product, made = shop.product(seller, price=500, stock=9), []
    for kind in ("defect", "missing", "defect"):
        order = bought(shopper, product)
        arrived(db, order["id"])
        made.append(complain(shopper, order["id"], type=kind).json())
    wanted = {
        "type": "defect",
        "status": "open",
        "seller_id": seller.headers["X-Seller"],
        "from": made[0]["created_at"],
    }
    first = staff.get("/complaints", params=wanted | {"limit": 1}).json()
    assert [found["id"] for found in first["items"]] == [made[0]["id"]]
    rest = staff.get("/complaints", params=wanted | {"limit": 1, "cursor": first["next_cursor"]}).json()
    assert ([found["id"] for found in rest["items"]], rest["next_cursor"]) == ([made[2]["id"]], None)
    assert staff.get("/complaints", params=wanted | {"to": made[0]["created_at"]}).json()["items"] == []
    foreign = {"cursor": first["next_cursor"]}
    assert staff.get("/complaints", params=foreign).json()["type"] == "/problems/cursor-invalid"
    assert seller.get("/complaints", params={"seller_id": made[0]["id"]}).status_code == 403
