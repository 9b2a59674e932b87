"""Promotions over HTTP: who makes, sees and changes them, and what each change tells."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest

from tests import shop

Db = psycopg.Connection[Any]
TOMORROW = (datetime.now(UTC) + timedelta(days=1)).isoformat()


def code() -> str:
    return f"C-{uuid4().hex[:10].upper()}"


def draft(**values: object) -> dict[str, object]:
    return {"name": "Advent", "kind": "percent", "value_bp": 1000} | values


def make(client: httpx2.Client, **values: object) -> dict[str, Any]:
    made: dict[str, Any] = client.post("/promotions", json=draft(**values)).raise_for_status().json()
    return made


def told(db: Db, promotion_id: str) -> list[tuple[str, int, str]]:
    rows = db.execute(
        "SELECT line ->> 'event', (line ->> 'aggregate_seq')::int, line -> 'payload' ->> 'status' "
        "FROM (SELECT id, topic, convert_from(line, 'utf8')::json AS line FROM outbox) AS facts "
        "WHERE topic = 'promotions' AND line ->> 'aggregate_id' = %s ORDER BY id", [promotion_id],
    )  # fmt: skip
    return [tuple(row) for row in rows]


def test_a_sellers_promotion_is_the_sellers(seller: httpx2.Client, operator: httpx2.Client, db: Db) -> None:
    """E-PRO-1, R-PRO-6, V-PRO-1, V-PRO-2: a draft first, then published once; the code is in no event."""
    made = make(seller, code=code(), ends_at=TOMORROW)
    assert (made["funded_by"], made["seller_id"], made["status"]) == ("seller", seller.headers["X-Seller"], "draft")
    path = f"/promotions/{made['id']}"
    for status in ("active", "paused", "active"):
        seller.patch(path, json={"status": status}).raise_for_status()
    assert told(db, made["id"]) == [
        ("promotion.changed", 1, "draft"), ("promotion.published", 2, "active"), ("promotion.changed", 3, "paused"),
        ("promotion.changed", 4, "active"),
    ]  # fmt: skip
    leaked = "SELECT count(*) FROM outbox WHERE convert_from(line, 'utf8') LIKE %s"
    assert db.execute(leaked, [f"%{made['code']}%"]).fetchone() == (0,)
    assert operator.get(path).json()["code"] == made["code"]


def test_a_code_is_taken_whatever_its_case(seller: httpx2.Client, operator: httpx2.Client, db: Db) -> None:
    """E-PRO-1: 409 code-taken."""
    taken = code()
    db.execute("UPDATE promotions SET code = lower(code) WHERE id = %s", [make(operator, code=taken)["id"]])
    answer = seller.post("/promotions", json=draft(code=taken))
    assert (answer.status_code, answer.json()["type"], answer.json()["code"]) == (409, "/problems/code-taken", taken)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"code": "ab"}, "body.code"),
        ({"code": "lower-case"}, "body.code"),
        ({"value_bp": 10_001}, "body.value_bp"),
        ({"value_bp": None}, "body.value_bp"),
        ({"value_minor": 100}, "body.value_minor"),
        ({"kind": "fixed"}, "body.value_bp"),
        ({"min_subtotal_minor": 100}, "body.currency"),
        ({"scope": "product"}, "body.scope_id"),
        ({"scope": "product", "scope_id": str(uuid4())}, "body.scope_id"),
        ({"scope": "category", "scope_id": str(uuid4())}, "body.scope_id"),
        ({"scope": "seller", "scope_id": str(uuid4())}, "body.scope_id"),
        ({"scope_id": str(uuid4())}, "body.scope_id"),
        ({"starts_at": TOMORROW, "ends_at": TOMORROW}, "body.ends_at"),
        ({"funded_by": "seller"}, "body.seller_id"),
        ({"usage_limit": 0}, "body.usage_limit"),
        ({"used_count": 3}, "body.used_count"),
        ({"name": " "}, "body.name"),
        ({"seller_id": str(uuid4())}, "body.seller_id"),
    ],
)
def test_a_wrong_field_is_named(operator: httpx2.Client, wrong: dict[str, Any], field: str) -> None:
    """E-PRO-1, R-API-3."""
    answer = operator.post("/promotions", json=draft(**wrong))
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/validation-failed")
    assert field in [entry["field"] for entry in answer.json()["errors"]]


def test_sellers_pay_for_own_goods_only(seller: httpx2.Client, api: str) -> None:
    """E-PRO-1: not for the platform, not for another shop, not on another's product; shoppers make none."""
    other, other_id = shop.seller(api)
    with closing(other), closing(shop.account(api)) as shopper:
        product = shop.product(other, price=100, stock=1)
        for wrong in (
            {"funded_by": "platform"}, {"seller_id": other_id}, {"scope": "product", "scope_id": product},
            {"scope": "seller", "scope_id": other_id},
        ):  # fmt: skip
            assert seller.post("/promotions", json=draft(**wrong)).status_code == 422, wrong
        assert make(other, scope="product", scope_id=product)["scope_id"] == product
        assert shopper.post("/promotions", json=draft()).status_code == 403
    with closing(shop.client_of(api)) as nobody:
        assert nobody.post("/promotions", json=draft()).status_code == 401


def test_what_is_seen_depends_on_who_looks(
    seller: httpx2.Client, operator: httpx2.Client, shopper: httpx2.Client, api: str
) -> None:
    """E-PRO-2, E-PRO-3, R-API-9: coupons, drafts and uses are their owner's and operators'."""
    public = make(seller, status="active", name="For all")
    hidden = [make(seller), make(seller, code=code(), status="active"), make(seller, status="active",
              starts_at=TOMORROW)]  # fmt: skip
    stranger, _ = shop.seller(api)
    with closing(stranger), closing(shop.client_of(api)) as nobody:
        for viewer in (nobody, shopper, stranger):
            seen = viewer.get(f"/promotions/{public['id']}").raise_for_status().json()
            assert "used_count" not in seen
            assert "code" not in seen
            assert [viewer.get(f"/promotions/{one['id']}").status_code for one in hidden] == [404] * 3
            assert viewer.patch(f"/promotions/{public['id']}", json={"name": "Mine"}).status_code in (401, 403, 404)
        listed = {one["id"] for one in nobody.get("/promotions", params={"limit": 100}).json()["items"]}
        assert stranger.get("/promotions").json()["items"] == []
    assert public["id"] in listed
    assert not listed & {one["id"] for one in hidden}
    own = {one["id"]: one for one in seller.get("/promotions", params={"limit": 100}).json()["items"]}
    assert own.keys() >= {public["id"], *(one["id"] for one in hidden)}
    assert own[public["id"]]["used_count"] == 0
    every = operator.get("/promotions", params={"limit": 100, "seller_id": seller.headers["X-Seller"]}).json()["items"]
    assert {one["id"] for one in every} == own.keys()
    assert shopper.get(f"/promotions/{uuid4()}").status_code == 404
    assert shopper.get("/promotions/advent").status_code == 422


@pytest.mark.parametrize("sort", ["starts_at", "-starts_at", "ends_at", "-ends_at"])
def test_promotions_are_paged_without_repeats(api: str, category: str, sort: str) -> None:
    """E-PRO-2, R-API-6: those without an end too; a cursor is bound to its sort."""
    other, _ = shop.seller(api)
    with closing(other):
        made = [make(other, ends_at=ends)["id"] for ends in (TOMORROW, None, None, TOMORROW, None)]
        found, cursor = [], None
        while True:
            asked = {"sort": sort, "limit": "2", "status": "draft"} | ({"cursor": cursor} if cursor else {})
            page = other.get("/promotions", params=asked).raise_for_status().json()
            found += [one["id"] for one in page["items"]]
            cursor, last = page["next_cursor"], cursor
            if cursor is None:
                break
        assert sorted(found) == sorted(made)
        wrong = other.get("/promotions", params={"sort": sort, "scope": "all", "cursor": last})
        assert wrong.json()["type"] == "/problems/cursor-invalid"


def test_the_value_changes_in_a_draft_only(seller: httpx2.Client, db: Db) -> None:
    """E-PRO-4: name, limits and dates change later too; the version guards; what is the same is no change."""
    made = make(seller, usage_limit=5)
    path = f"/promotions/{made['id']}"
    assert seller.patch(path, json={"value_bp": 2000, "status": "active"}).raise_for_status().json()["version"] == 2
    late = seller.patch(path, json={"value_bp": 3000})
    assert (late.status_code, late.json()["errors"][0]["field"]) == (422, "body.value_bp")
    stale = seller.patch(path, json={"name": "Late", "expected_version": 1})
    assert (stale.status_code, stale.json()["current_version"]) == (409, 2)
    changes = {"name": "Late", "usage_limit": None, "per_user_limit": 2, "ends_at": TOMORROW, "expected_version": 2}
    after = seller.patch(path, json=changes).raise_for_status().json()
    assert (after["name"], after["usage_limit"], after["per_user_limit"], after["version"]) == ("Late", None, 2, 3)
    assert seller.patch(path, json={"name": "Late"}).raise_for_status().json()["version"] == 3
    assert len(told(db, made["id"])) == 3


def test_a_draft_without_amounts_gets_them_with_their_currency(seller: httpx2.Client) -> None:
    """E-PRO-4: what names the currency as missing takes it; once it is active it stays."""
    made = make(seller, code=code())
    path = f"/promotions/{made['id']}"
    refused = seller.patch(path, json={"min_subtotal_minor": 500})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "body.currency")
    after = seller.patch(path, json={"min_subtotal_minor": 500, "currency": "GBP"}).raise_for_status().json()
    assert (after["min_subtotal_minor"], after["currency"]) == (500, "GBP")
    seller.patch(path, json={"status": "active"}).raise_for_status()
    late = seller.patch(path, json={"currency": "EUR"})
    assert (late.status_code, late.json()["errors"][0]["field"]) == (422, "body.currency")


def test_a_shop_gives_nothing_in_a_currency_it_does_not_sell_in(seller: httpx2.Client, operator: httpx2.Client) -> None:
    """R-API-5: no order could ever use it; a promotion of the platform may be in any."""
    fixed = {"kind": "fixed", "value_bp": None, "value_minor": 100, "currency": "EUR"}
    drafted = make(seller)
    for answer in (
        seller.post("/promotions", json=draft(**fixed)),
        operator.post("/promotions", json=draft(**fixed, seller_id=seller.headers["X-Seller"])),
        seller.patch(f"/promotions/{drafted['id']}", json={"currency": "EUR", "min_subtotal_minor": 100}),
    ):
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/currency-mismatch")
        assert (answer.json()["expected"], answer.json()["given"]) == ("GBP", "EUR")
    assert make(operator, **fixed)["currency"] == "EUR"


def test_changes_that_cannot_be_are_named(seller: httpx2.Client, db: Db) -> None:
    """E-PRO-4: an end before its start, fewer uses than there are, back from the end."""
    made = make(seller, status="active", usage_limit=5)
    path = f"/promotions/{made['id']}"
    db.execute("UPDATE promotions SET used_count = 3 WHERE id = %s", [made["id"]])
    seller.patch(path, json={"usage_limit": 3}).raise_for_status()
    seller.patch(path, json={"status": "ended"}).raise_for_status()
    for field, value in (("usage_limit", 2), ("ends_at", "2001-01-01T00:00:00Z"), ("status", "active"),
                         ("ends_at", "2001-01-01T00:00:00")):  # fmt: skip
        answer = seller.patch(path, json={field: value})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, f"body.{field}"), field
    assert seller.patch(path, json={"name": None}).status_code == 422


def test_a_key_makes_it_once(seller: httpx2.Client) -> None:
    """R-API-10."""
    key, body = {"Idempotency-Key": str(uuid4())}, draft(code=code())
    first, again = (seller.post("/promotions", json=body, headers=key) for _ in range(2))
    assert (first.content, again.headers["idempotent-replayed"]) == (again.content, "true")
