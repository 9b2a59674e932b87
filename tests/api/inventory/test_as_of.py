"""What the stock was at a time, out of the movement ledger (E-INV-8, R-INV-11)."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta
from random import Random
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx2
import psycopg
import pytest

from tests import shop

Database = psycopg.Connection[Any]


def as_of(client: httpx2.Client, product: str, moment: datetime | None = None) -> dict[str, Any]:
    """The answer for a moment."""
    params = {"as_of": moment.isoformat()} if moment else {}
    answer: dict[str, Any] = client.get(f"/inventory/{product}", params=params).raise_for_status().json()
    return answer


def levels(answer: dict[str, Any]) -> tuple[int, int]:
    """On hand and reserved."""
    return answer["on_hand"], answer["reserved"]


def test_any_time_is_what_an_oracle_adds_up(seller: httpx2.Client, db: Database) -> None:
    """1,000 random times over three buckets equal the sums of the deltas up to them (R-INV-11)."""
    product = shop.product(seller, price=100, stock=50)
    chance = Random(11)
    for bucket in (1, 2):
        db.execute(
            "INSERT INTO inventory (id, product_id, bucket) VALUES (gen_random_uuid(), %s, %s)", [product, bucket]
        )
    with ThreadPoolExecutor(4) as workers:
        list(workers.map(lambda q: seller.post(f"/inventory/{product}", json=change(q)), chance.choices((5, -2), k=60)))
    history = db.execute(
        "SELECT occurred_at, on_hand_delta, reserved_delta FROM stock_movements WHERE product_id = %s", [product]
    ).fetchall()
    first, last = min(history)[0], max(history)[0]
    # Stamps that cross within a lock's wait belong to the version, so times are asked where nothing was moving.
    for moment, _, _ in history:
        assert levels(as_of(seller, product, moment)) in reachable(history, moment)
    for _ in range(1000 - len(history)):
        moment = first + chance.random() * (last - first) * 1.2
        assert levels(as_of(seller, product, moment)) in reachable(history, moment)
    assert levels(as_of(seller, product)) == totals(history, last)


def change(quantity: int) -> dict[str, object]:
    """A change of stock by a seller."""
    return {"quantity": quantity, "reason": "adjusted"}


def totals(history: list[Any], moment: datetime) -> tuple[int, int]:
    """The sums of all deltas up to a moment."""
    until = [row for row in history if row[0] <= moment]
    return sum(row[1] for row in until), sum(row[2] for row in until)


def reachable(history: list[Any], moment: datetime) -> set[tuple[int, int]]:
    """What may be told of a moment: the sums up to it, or up to a stamp that crossed it while a lock was waited for."""
    near = [row[0] for row in history if moment < row[0] < moment + timedelta(milliseconds=100)]
    return {totals(history, moment), *(totals(history, other) for other in near)}


def test_the_movement_that_made_it_so_is_named(seller: httpx2.Client) -> None:
    """By id or by SKU; before the first movement there was nothing (E-INV-8)."""
    product = shop.product(seller, price=100, stock=7)
    seller.post(f"/inventory/{product}", json={"quantity": 3, "reason": "received"}).raise_for_status()
    now = as_of(seller, product)
    assert (now["on_hand"], now["movement"]["kind"], now["movement"]["on_hand_delta"]) == (10, "received", 3)
    sku = seller.get(f"/products/{product}").json()["sku"]
    assert as_of(seller, sku)["movement"] == now["movement"]
    long_ago = as_of(seller, product, datetime.fromisoformat("2001-01-01T00:00:00+00:00"))
    assert (long_ago["on_hand"], long_ago["movement"]) == (0, None)


@pytest.mark.parametrize(("moment", "status"), [("yesterday", 422), ("2026-11-21T10:00:00", 422)])
def test_a_time_has_to_be_one(seller: httpx2.Client, moment: str, status: int) -> None:
    """A time names its offset (E-INV-8)."""
    product = shop.product(seller, price=100, stock=1)
    answer = seller.get(f"/inventory/{product}", params={"as_of": moment})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (status, "query.as_of")


def test_only_its_seller_and_operators_are_told(api: str, seller: httpx2.Client, operator: httpx2.Client) -> None:
    """Foreign and unknown products are not found, shoppers may not ask (R-API-9, R-SEL-1)."""
    product = shop.product(seller, price=100, stock=4)
    assert as_of(operator, product)["on_hand"] == 4
    with closing(shop.seller(api)[0]) as other, closing(shop.account(api)) as shopper:
        assert other.get(f"/inventory/{product}").status_code == 404
        assert shopper.get(f"/inventory/{product}").status_code == 403
    for unknown in (str(uuid4()), "NO-SUCH-SKU"):
        assert seller.get(f"/inventory/{unknown}").status_code == 404


@pytest.mark.parametrize("sku", ["AB/12-{}", "/{}/", "a b/{}", "{}?x#y%2F", "日本/{}", "{}/movements"])
def test_a_sku_may_hold_slashes(seller: httpx2.Client, category: str, sku: str) -> None:
    """E-INV-8: it is found by its address as any other."""
    named = sku.format(uuid4().hex[:8])
    fields = {"sku": named, "name": "Cup", "category_id": category, "price_minor": 250, "on_hand": 4}
    product = seller.post("/products", json=fields).raise_for_status().json()["id"]
    found = as_of(seller, quote(named, safe=""))
    assert (found["product_id"], found["available"]) == (product, 4)
    assert len(seller.get(f"/inventory/{product}/movements").raise_for_status().json()["items"]) == 1


@pytest.mark.parametrize("name", ["AB%0A12", "%0A", "AB%0A"])
def test_no_sku_has_line_breaks(seller: httpx2.Client, name: str) -> None:
    """E-INV-8: nothing is found, as by any other unknown name."""
    assert seller.get(f"/inventory/{name}").status_code == 404


@pytest.mark.parametrize("sku", [".", "..", "0199f0a2-5f3e-7c11-8a52-3d1c7b1f0a11/movements"])
def test_a_sku_is_no_step_of_a_path(seller: httpx2.Client, category: str, sku: str) -> None:
    """R-API-4: addresses with these never arrive, or are another call's."""
    fields = {"sku": sku, "name": "Cup", "category_id": category, "price_minor": 250}
    assert seller.post("/products", json=fields).status_code == 422
