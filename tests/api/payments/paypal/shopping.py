"""What shoppers and operators do with a payment through PayPal."""

from typing import Any
from uuid import uuid4

import httpx2

from tests.api.payments.paypal.standin import PayPalPeer


def order_of(payment: dict[str, Any]) -> str:
    """PayPal's id of its order."""
    order_id: str = payment["next_action"]["redirect_url"].rpartition("=")[2]
    return order_id


def made(peer: PayPalPeer, payment: dict[str, Any], kind: str) -> list[tuple[str, str]]:
    """What moved at PayPal: amount and state."""
    moved = peer.account.orders[order_of(payment)]["purchase_units"][0].get("payments", {}).get(kind, [])
    return [(one["amount"]["value"], one["status"]) for one in moved]


def confirm(shopper: httpx2.Client, payment: dict[str, Any]) -> httpx2.Response:
    """Say that it is paid."""
    return shopper.post(
        "/payments/confirm", json={"payment_id": payment["id"]}, headers={"Idempotency-Key": str(uuid4())}
    )


def succeeded(operator: httpx2.Client, refund: str) -> bool:
    """Whether the money went back."""
    return bool(operator.get(f"/refunds/{refund}").json()["status"] == "succeeded")
