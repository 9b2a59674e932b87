"""Stock, holds and the movement ledger over HTTP."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest

from api.cache import Cache
from tests import shop
from tests.locks import until_somebody_waits

Database = psycopg.Connection[Any]


@pytest.fixture
def product(seller: httpx2.Client) -> str:
    return shop.product(seller, price=100, stock=10)


def hold(operator: httpx2.Client, order_id: str, *items: tuple[str, int]) -> httpx2.Response:
    wanted = [{"product_id": product_id, "quantity": quantity} for product_id, quantity in items]
    return operator.post("/inventory/reserve", json={"order_id": order_id, "items": wanted})


def stock(seller: httpx2.Client, product: str) -> tuple[int, int]:
    answer = seller.get(f"/products/{product}/inventory").raise_for_status().json()
    return answer["on_hand"], answer["reserved"]


def test_a_hold_is_one_per_order_and_takes_all_or_nothing(
    operator: httpx2.Client, seller: httpx2.Client, product: str
) -> None:
    """R-INV-3, R-API-11."""
    other = shop.product(seller, price=100, stock=2)
    order = str(uuid4())
    short = hold(operator, order, (product, 4), (other, 3))
    assert short.status_code == 409
    assert short.json()["items"] == [{"product_id": other, "requested": 3, "available": 2}]
    assert stock(seller, product) == (10, 0)
    held = hold(operator, order, (product, 4), (other, 2)).raise_for_status().json()
    assert hold(operator, order, (product, 9)).raise_for_status().json() == held
    assert (stock(seller, product), stock(seller, other)) == ((10, 4), (2, 2))


@pytest.mark.parametrize("units", [1, 10])
def test_twins_get_the_same_hold(operator: httpx2.Client, seller: httpx2.Client, pg: str, units: int) -> None:
    """E-INV-3: calls for one order that meet at the stock's row, also when the first takes everything there is."""
    order, product = str(uuid4()), shop.product(seller, price=100, stock=10)
    with psycopg.connect(pg) as other, ThreadPoolExecutor(3) as pool:
        other.execute("SELECT FROM inventory WHERE product_id = %s FOR UPDATE", [product])
        calls = [pool.submit(hold, operator, order, (product, units)) for _ in range(3)]
        until_somebody_waits(pg, callers=3)
        other.rollback()
        answers = [call.result() for call in calls]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert len({answer.json()["reservation_id"] for answer in answers}) == 1
    assert stock(seller, product) == (10, units)


def test_a_refused_hold_is_told_although_nothing_changed(operator: httpx2.Client, product: str, db: Database) -> None:
    """R-EVT-5."""
    order = str(uuid4())
    hold(operator, order, (product, 11))
    events = db.execute(
        "SELECT convert_from(line, 'utf8')::json ->> 'event' FROM outbox WHERE line LIKE %s", [f"%{order}%".encode()]
    ).fetchall()
    assert events == [("stock.reservation.failed",)]


def test_deducted_units_are_gone_and_stay_gone(operator: httpx2.Client, seller: httpx2.Client, product: str) -> None:
    """R-INV-5."""
    order = {"order_id": str(uuid4())}
    hold(operator, order["order_id"], (product, 4)).raise_for_status()
    answers = [operator.post("/inventory/deduct", json=order).raise_for_status().json() for _ in range(2)]
    assert [answer["status"] for answer in answers] == ["deducted", "deducted"]
    assert stock(seller, product) == (6, 0)
    assert operator.post("/inventory/release", json=order).json()["type"] == "/problems/reservation-state"


def test_a_released_hold_gives_back_once(operator: httpx2.Client, seller: httpx2.Client, product: str) -> None:
    """R-INV-5: release twice, then deduct is refused."""
    held = hold(operator, str(uuid4()), (product, 4)).raise_for_status().json()
    which = {"reservation_id": held["reservation_id"]}
    for _ in range(2):
        assert operator.post("/inventory/release", json=which).raise_for_status().json()["status"] == "released"
    assert stock(seller, product) == (10, 0)
    assert operator.post("/inventory/deduct", json=which).json()["type"] == "/problems/reservation-state"
    assert operator.post("/inventory/release", json={"order_id": str(uuid4())}).status_code == 404


def test_stock_does_not_fall_below_what_is_held(operator: httpx2.Client, seller: httpx2.Client, product: str) -> None:
    """E-INV-6, E-INV-7, R-INV-2."""
    hold(operator, str(uuid4()), (product, 4)).raise_for_status()
    away = {"quantity": -7, "reason": "adjusted"}
    assert seller.post(f"/inventory/{product}", json=away).json()["type"] == "/problems/insufficient-stock"
    assert seller.put(f"/products/{product}/inventory", json={"on_hand": 3}).status_code == 409
    version = seller.get(f"/products/{product}/inventory").json()["version"]
    counted = {"on_hand": 5, "expected_version": version}
    assert seller.put(f"/products/{product}/inventory", json=counted).raise_for_status().json()["available"] == 1
    assert seller.put(f"/products/{product}/inventory", json=counted).json()["type"] == "/problems/version-conflict"


def test_movements_add_up_to_the_row(
    operator: httpx2.Client, seller: httpx2.Client, product: str, db: Database
) -> None:
    """R-INV-8, R-INV-9, and one stock.moved per movement with the row's version as its sequence."""
    seller.post(f"/inventory/{product}", json={"quantity": 5, "note": "pallet 7"}).raise_for_status()
    orders = [str(uuid4()) for _ in range(3)]
    for order in orders:
        hold(operator, order, (product, 2)).raise_for_status()
    operator.post("/inventory/deduct", json={"order_id": orders[0]}).raise_for_status()
    operator.post("/inventory/release", json={"order_id": orders[1]}).raise_for_status()
    moves = seller.get(f"/inventory/{product}/movements", params={"limit": 100}).raise_for_status().json()["items"]
    assert [move["version"] for move in moves] == list(range(len(moves), 0, -1))
    assert sum(move["on_hand_delta"] for move in moves) == moves[0]["on_hand_after"] == 13
    assert sum(move["reserved_delta"] for move in moves) == moves[0]["reserved_after"] == 2
    told = db.execute(
        "SELECT (convert_from(line, 'utf8')::json ->> 'aggregate_seq')::int FROM outbox "
        "WHERE convert_from(line, 'utf8')::json ->> 'event' = 'stock.moved' AND line LIKE %s ORDER BY id",
        [f"%{product}%".encode()],
    ).fetchall()
    assert [seq for (seq,) in told] == list(range(1, len(moves) + 1))


def test_levels_of_several_products_name_the_missing(seller: httpx2.Client, product: str) -> None:
    """E-INV-2."""
    missing = str(uuid4())
    answer = seller.get("/products/inventory", params={"ids": f"{product},{missing}"}).raise_for_status().json()
    assert answer == {
        "items": [{"product_id": product, "available": 10, "in_stock": True}], "missing": [missing],
    }  # fmt: skip
    assert seller.get("/products/inventory", params={"ids": "x"}).status_code == 422


@pytest.mark.parametrize("copied", [False, True])
async def test_levels_of_what_is_not_for_sale_are_shown_to_nobody(
    api: str, seller: httpx2.Client, product: str, redis_url: str, copied: bool
) -> None:
    """E-INV-1, E-INV-2: as the product's own stock, which others do not find; the stream side has a copy or not."""
    if copied:
        copies = Cache(redis_url)
        assert await copies.put({f"inventory:{product}": b"10"})
        await copies.close()
    seller.patch(f"/products/{product}", json={"status": "inactive"}).raise_for_status()
    with closing(shop.client_of(api)) as anybody:
        assert anybody.get(f"/products/{product}/inventory").status_code == 404
        answer = anybody.get("/products/inventory", params={"ids": product}).raise_for_status().json()
    assert answer == {"items": [], "missing": [product]}
    assert stock(seller, product) == (10, 0)


def test_shoppers_hold_nothing_themselves(shopper: httpx2.Client, product: str) -> None:
    """E-INV-3: service and operator only."""
    assert hold(shopper, str(uuid4()), (product, 1)).status_code == 403


def test_another_process_keeps_everybodys_stock(api: str, seller: httpx2.Client, product: str, db: Database) -> None:
    """E-INV-6: a warehouse's system adds what it received; it sees and counts nothing by that."""
    with closing(shop.account(api)) as warehouse:
        assert warehouse.post(f"/inventory/{product}", json={"quantity": 5}).status_code == 403
        db.execute("UPDATE users SET roles = '{shopper,service}' WHERE email = %s", [warehouse.headers["X-Person"]])
        added = warehouse.post(f"/inventory/{product}", json={"quantity": 5}).raise_for_status().json()
        assert (added["on_hand"], stock(seller, product)) == (15, (15, 0))
        assert warehouse.post(f"/inventory/{uuid4()}", json={"quantity": 5}).status_code == 404
        assert warehouse.put(f"/products/{product}/inventory", json={"on_hand": 1}).status_code == 403
