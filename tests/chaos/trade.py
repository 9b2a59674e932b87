"""Shoppers and a seller who use every part of the shop and note how each call was answered, and how fast."""

import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from uuid import uuid4

import httpx2

from tests import shop
from tests.line import Line

PRICE = 1_999
UNAVAILABLE = httpx2.codes.SERVICE_UNAVAILABLE
# What may say 503, and while which server is away: a read model in Redis, a code kept in Redis, clicks' way to Kafka.
MAY_WAIT: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"analytics": ("valkey", "kafka", "clickhouse"), "code": ("valkey",), "clicks": ("kafka",)}
)


@dataclass
class Told:
    """What the traders were answered: seconds by call, and every answer that no shopper should get."""

    away: tuple[str, ...] = ()
    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    waits: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    sources: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    wrong: list[str] = field(default_factory=list)

    def note(self, call: str, answer: httpx2.Response, seconds: float) -> None:
        """One answer; 503 is right where it may be, with when to come back."""
        self.took[call].append(seconds)
        if answer.is_success:
            if b'"source"' in answer.content:
                self.sources[call].add(answer.json().get("source", ""))
        elif answer.status_code == UNAVAILABLE and set(MAY_WAIT.get(call, ())) & set(self.away):
            self.waits[call] += 1
            kind, wait = answer.headers.get("content-type"), answer.headers.get("retry-after")
            if kind != "application/problem+json" or not wait:
                self.wrong.append(f"{call}: 503 as {kind}, Retry-After {wait}")
        else:
            self.wrong.append(f"{call}: {answer.status_code} {answer.text[:300]}")

    def slowest(self) -> tuple[str, float]:
        """The call that took longest, and how long."""
        return max(((call, max(all_of)) for call, all_of in self.took.items()), key=lambda pair: pair[1])


class Trader(threading.Thread):
    """Goes through the shop again and again; the seller changes goods and looks at sales."""

    def __init__(self, line: Line, seller: httpx2.Client, product_id: str) -> None:
        super().__init__(daemon=True)
        self._api, self._seller, self._product = line.api, seller, product_id
        self._shopper = shop.account(line.api)
        self._over = threading.Event()
        self.told = Told()
        self.sold = 0

    def run(self) -> None:
        while not self._over.is_set():
            with suppress(KeyError):  # an answer that was noted as wrong has no such field
                self._visit()
            time.sleep(0.2)

    def finish(self) -> None:
        """Stop after the running visit."""
        self._over.set()
        self.join(120)
        assert not self.is_alive()

    def _call(self, name: str, client: httpx2.Client, method: str, path: str, body: object = None, **named: Any) -> Any:
        """One call, noted; its answer's body."""
        began = time.monotonic()
        try:
            answer = client.request(method, path, json=body, **named)
        except httpx2.TransportError as error:
            self.told.wrong.append(f"{name}: {error!r}")
            return {}
        self.told.note(name, answer, time.monotonic() - began)
        return answer.json() if answer.content else {}

    def _visit(self) -> None:
        me, product = self._shopper, f"/products/{self._product}"
        similar = f"/recommendations/similar/{self._product}"
        for name, path in (
            ("account", "/users/me"), ("page", product), ("list", "/products"), ("categories", "/categories"),
            ("stock", f"{product}/inventory"), ("search", "/search?q=teapot"),
            ("reviews", f"/reviews?product_id={self._product}"),
            ("suggestions", "/search/suggestions?q=tea"), ("popular", "/recommendations/popular"),
            ("similar", similar), ("orders", "/orders"), ("messages", "/notifications"),
        ):  # fmt: skip
            self._call(name, me, "GET", path)
        self._call("code", me, "POST", "/auth/otp/send", {"type": "email"})
        self._call("clicks", me, "POST", "/tracking/clicks", [self._click()])
        self._buy(me)
        self._sell(product)

    def _buy(self, me: httpx2.Client) -> None:
        key = {"Idempotency-Key": str(uuid4())}
        self._call("cart", me, "POST", "/cart/items", {"product_id": self._product, "quantity": 1})
        to = {"destination": {"province_id": shop.ADDRESS["province_id"]}}
        self._call("rates", me, "POST", "/shipping/rates", to)
        body = {"address": shop.ADDRESS, "payment_method": "card"}
        order_id = self._call("checkout", me, "POST", "/checkout", body, headers=key)["order"]["id"]
        intent = self._call("intent", me, "POST", "/payments/intent", {"order_id": order_id})["id"]
        token = {"payment_id": intent, "gateway_token": shop.APPROVED}
        paid = self._call("payment", me, "POST", "/payments/confirm", token, headers=key)
        self.sold += paid["status"] == "success"
        self._call("order", me, "GET", f"/orders/{order_id}")
        self._call("parcels", me, "GET", f"/shipments/{order_id}")

    def _sell(self, product: str) -> None:
        self._call("promotions", self._seller, "GET", "/promotions")
        self._call("change", self._seller, "PATCH", product, {"description": f"A teapot of {datetime.now(UTC)}"})
        self._call("analytics", self._seller, "GET", "/analytics/dashboard")

    def _click(self) -> dict[str, object]:
        return {
            "click_id": str(uuid4()), "name": "Product Viewed", "session_id": str(uuid4()),
            "occurred_at": datetime.now(UTC).isoformat(), "properties": {"product_id": self._product},
        }  # fmt: skip
