"""A shop in which one person does everything, once or several times over, for questions about how much there is."""

from typing import Any
from uuid import uuid4

import httpx2
import psycopg

from tests import shop

Db = psycopg.Connection[Any]

_PARCEL = """
WITH made AS (
    INSERT INTO shipments (id, order_id, seller_id, destination_address, currency, status)
    VALUES (uuidv7(), %(order)s, uuidv7(), '{}', 'GBP', 'delivered') RETURNING id
), reports AS (
    INSERT INTO tracking_events (id, shipment_id, status, occurred_at)
    SELECT uuidv7(), id, 'delivered', now() FROM made, generate_series(1, %(count)s)
)
SELECT id FROM made
"""
_MESSAGE = """
INSERT INTO notifications (id, user_id, type, channel, recipient, status)
VALUES (uuidv7(), %s, 'order_confirmation', 'in_app', '', 'sent')
"""
_PAYOUT = """
INSERT INTO payouts (id, seller_id, currency, amount_minor, gateway, idempotency_ref, requested_by, status)
VALUES (uuidv7(), %s, 'GBP', 100, 'test', uuidv7()::text, %s, 'paid')
"""
_DELIVERY = """
INSERT INTO webhook_deliveries (id, endpoint_id, event_id, event, body, status, next_attempt_at)
VALUES (uuidv7(), %s, uuidv7(), 'order.confirmed', '{}', 'delivered', now())
"""
_ARRIVED = "UPDATE orders SET status = 'delivered', shipped_at = now(), delivered_at = now() WHERE id = %s"
DISCOUNT = {"name": "Advent", "kind": "percent", "value_bp": 1000, "funded_by": "platform"}
TARIFF = {"carrier": "Royal", "service": "48", "base_minor": 295, "per_kg_minor": 80, "currency": "GBP",
          "min_days": 1, "max_days": 3}  # fmt: skip


class Shop:
    """`ids` of what there is, by the names that paths have for them: the newest of each."""

    def __init__(self, person: httpx2.Client, db: Db) -> None:
        self._person, self._db = person, db
        me = person.get("/users/me").raise_for_status().json()["id"]
        self.ids: dict[str, Any] = {"user_id": me, "seller_id": person.headers["X-Seller"]}

    def grow(self, count: int) -> None:
        """`count` more of everything; the newest order, parcel and cart have so many lines and reports."""
        products = [shop.product(self._person, price=1000, stock=100) for _ in range(count)]
        self.ids["product_id"] = self.ids["product"] = products[-1]
        for product in products:
            self._set_up(product)
        for _ in range(count):
            self._buy(products, count)
        for product in products:
            self._post("/reviews", product_id=product, rating=4)
            shop.put_in_cart(self._person, product, 1)

    def _set_up(self, product: str) -> None:
        self.ids["promotion_id"] = self._post("/promotions", **DISCOUNT, code=f"CODE-{uuid4().hex[:8].upper()}")["id"]
        self._post("/shipping/tariffs", **TARIFF)
        self._post("/sellers/me/keys", name="Leeds", scopes=["inventory:write"])
        hook = self._post("/sellers/me/webhooks", url="https://example.com/a", events=["order.confirmed"])
        self.ids["endpoint_id"] = hook["id"]
        for _ in self._list("/sellers/me/webhooks"):
            self._db.execute(_DELIVERY, [hook["id"]])
        for _ in self._list("/sellers/me/keys"):
            self._post(f"/inventory/{product}", quantity=1)
        self._post("/users/me/addresses", **shop.ADDRESS)
        self._post("/wallet/top-ups", amount_minor=500, currency="GBP", gateway_token=shop.APPROVED)
        self._post("/categories", name=f"Kitchen {uuid4()}")
        self._db.execute(_MESSAGE, [self.ids["user_id"]])
        self._db.execute(_PAYOUT, [self.ids["seller_id"], self.ids["user_id"]])

    def _buy(self, products: list[str], count: int) -> None:
        for product in products:
            shop.put_in_cart(self._person, product, 1)
        order = shop.checkout(self._person)["id"]
        shop.pay(self._person, order).raise_for_status()
        self._db.execute(_ARRIVED, [order])
        for _ in range(count):
            made = self._db.execute(_PARCEL, {"order": order, "count": count}).fetchone()
            assert made
            self.ids["shipment_id"] = made[0]
        self._post(f"/orders/{order}/complaint", type="damaged", description="In two pieces.")
        self._post(f"/orders/{order}/return", reason="defect")
        self.ids["refund_id"] = self._post("/refunds", order_id=order, amount_minor=10, reason="late")["id"]
        self.ids["order_id"] = order

    def _post(self, path: str, **body: object) -> Any:
        answer = self._person.post(path, json=body)
        assert answer.is_success, (path, answer.text)
        return answer.json()

    def _list(self, path: str) -> list[Any]:
        found: list[Any] = self._person.get(path).raise_for_status().json()["items"]
        return found
