"""What a shopper has done before some calls: without a cart there is no checkout, without an order no payment."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import httpx2
from schemathesis import Case

from tests import shop
from tests.api.catalog.test_images import picture
from tests.api.fuzz import newcomers

Known = Mapping[str, list[Any]]
PICTURE = picture(10, 10, "PNG")
Step = Callable[[httpx2.Client, Known], dict[str, Any]]


def _cart(client: httpx2.Client, known: Known) -> dict[str, Any]:
    client.post("/cart/items", json={"product_id": known["product_id"][0], "quantity": 1})
    return {}


def _order(client: httpx2.Client, known: Known) -> dict[str, Any]:
    _cart(client, known)
    body = {"address": shop.ADDRESS, "payment_method": "card"}
    answer = client.post("/checkout", json=body, headers={"Idempotency-Key": str(uuid4())})
    return {"order_id": answer.json()["order"]["id"]} if answer.status_code == 201 else {}


def _payment(client: httpx2.Client, known: Known) -> dict[str, Any]:
    answer = client.post("/payments/intent", json=_order(client, known))
    return {"payment_id": answer.json()["id"]} if answer.status_code == 201 else {}


def _item(client: httpx2.Client, known: Known) -> dict[str, Any]:
    _cart(client, known)
    items = client.get("/cart").json()["items"]
    return {"item_id": items[0]["id"]} if items else {}


def _paid(client: httpx2.Client, known: Known) -> dict[str, Any]:
    order = _order(client, known)
    intent = client.post("/payments/intent", json=order)
    if intent.status_code == 201:
        client.post("/payments/confirm", json={"payment_id": intent.json()["id"], "gateway_token": shop.APPROVED})
    return {**order, "payment_id": None}


def _refund(client: httpx2.Client, known: Known) -> dict[str, Any]:
    buyer = newcomers.newcomer(client)
    order = {"order_id": _paid(buyer, known).get("order_id")}
    asked = buyer.post("/refunds", json={**order, "reason": "a scratch", "amount_minor": 100})
    return {"refund_id": asked.json()["id"]} if asked.status_code == 201 else {}


def _coupon(client: httpx2.Client, known: Known) -> dict[str, Any]:
    _cart(client, known)
    code = f"FUZZ-{uuid4().hex[:8].upper()}"
    made = client.post("/promotions", json={"name": "Fuzz", "kind": "percent", "value_bp": 500, "code": code}).json()
    client.patch(f"/promotions/{made['id']}", json={"status": "active"})
    return {"code": code}


def _first(client: httpx2.Client, known: Known) -> dict[str, Any]:
    return {"order_id": known["delivered"][0]}


def _second(client: httpx2.Client, known: Known) -> dict[str, Any]:
    return {"order_id": known["delivered"][1]}


def _person(client: httpx2.Client, known: Known) -> dict[str, Any]:
    return {"email": f"{uuid4()}@example.com", "password": shop.PASSWORD, "username": None}


def _session(client: httpx2.Client, known: Known) -> dict[str, Any]:
    items = client.get("/users/me/sessions").json()["items"]
    return {"session_id": items[-1]["id"], "password": shop.PASSWORD} if items else {}


def _verdict(client: httpx2.Client, known: Known) -> dict[str, Any]:
    return {"order_id": known["complained_of"][0], "resolution_type": "rejected", "amount_minor": None}


def _message(client: httpx2.Client, known: Known) -> dict[str, Any]:
    told = {"type": "welcome", "template": "welcome", "channels": ["email"], "audience": None, "data": None}
    return {"user_id": known["user_id"][0], **told}


def _picture(client: httpx2.Client, known: Known) -> dict[str, Any]:
    return {"file": PICTURE, "product_id": known["product_id"][0]}


def _goods(client: httpx2.Client, known: Known) -> dict[str, Any]:
    return {"ids": known["product_id"][:1], "items": [{"product_id": known["product_id"][0], "quantity": 1}]}


STEPS: Mapping[str, Step] = {
    "POST /v1/checkout": _cart,
    "POST /v1/orders": _cart,
    "PATCH /v1/cart/items/{item_id}": _item,
    "DELETE /v1/cart/items/{item_id}": _item,
    "POST /v1/cart/coupon": _coupon,
    "POST /v1/payments/intent": _order,
    "POST /v1/payments/pay": _order,
    "POST /v1/payments/confirm": _payment,
    "POST /v1/orders/{order_id}/cancel": _paid,
    "POST /v1/refunds": _paid,
    "POST /v1/refunds/{refund_id}/decision": _refund,
    "POST /v1/orders/{order_id}/complaint": _first,
    "GET /v1/orders/{order_id}/complaint": _first,
    "PATCH /v1/orders/{order_id}/complaint": _first,
    "POST /v1/orders/{order_id}/complaint/resolve": _verdict,
    "POST /v1/orders/{order_id}/return": _second,
    "POST /v1/orders/{order_id}/return/receive": _second,
    "POST /v1/sellers": newcomers.stranger,
    "DELETE /v1/users/me": newcomers.leaver,
    "POST /v1/auth/second-factor": newcomers.challenged,
    "POST /v1/users/me/second-factor/confirm": newcomers.beginner,
    "POST /v1/users/me/second-factor/recovery-codes": newcomers.proven,
    "DELETE /v1/users/me/second-factor": newcomers.proven,
    "DELETE /v1/users/{user_id}/second-factor": newcomers.locked_out,
    "POST /v1/auth/signup": _person,
    "POST /v1/auth/register": _person,
    "DELETE /v1/users/me/sessions/{session_id}": _session,
    "POST /v1/notifications": _message,
    "POST /v1/products/{product_id}/images": _picture,
    "GET /v1/products/inventory": _goods,
    "POST /v1/shipping/rates": _goods,
}


NEEDED = (
    "order_id", "payment_id", "code", "recovery_code", "email", "password", "resolution_type", "user_id", "template",
    "channels", "challenge",
)  # fmt: skip
"""What is put into a body that did not have it."""


def prepare(case: Case[Any], api: str, token: Callable[[], str], known: Known) -> None:
    """Do it, and name in the call what came of it; what is None is left out."""
    step = STEPS.get(f"{case.operation.method.upper()} {case.operation.path}")
    if step is None:
        return
    with httpx2.Client(base_url=f"{api}/v1", timeout=30, headers={"Authorization": token()}) as client:
        found = step(client, known)
    if newcomers.CALLER in found:
        case.headers[newcomers.CALLER] = found.pop(newcomers.CALLER)
    for part in (case.path_parameters, case.query, case.body):
        if isinstance(part, dict):
            part.update({name: value for name, value in found.items() if name in part and value is not None})
            for name in [name for name in part if name in found and found[name] is None]:
                del part[name]
    if isinstance(case.body, dict):
        named = case.path_parameters or {}
        case.body.update({name: found[name] for name in NEEDED if found.get(name) and name not in named})
