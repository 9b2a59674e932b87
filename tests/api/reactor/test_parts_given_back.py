"""What was captured in parts goes back from where it came: no seller bears what another was paid."""

from typing import Any

import httpx2
import pytest

from tests import shop
from tests.api.reactor.order import Db, reaches
from tests.api.reactor.test_capture import api, capture
from tests.api.reactor.test_partly_captured import money
from tests.api.reactor.test_shipping_charges import order_of, senders
from tests.line import eventually

__all__ = ["api", "senders"]


@pytest.fixture
def order(buyer: httpx2.Client, senders: list[httpx2.Client], operator: httpx2.Client) -> dict[str, Any]:
    """13.00 from one seller and 12.00 from the other, shipping included, of which 15.01 are captured."""
    order_id = order_of(buyer, *senders)["id"]
    shop.pay(buyer, order_id).raise_for_status()
    found = reaches(buyer, order_id, "processing")
    shop.sign_in_again(operator)
    capture(operator, found["payment"]["id"], 900).raise_for_status()
    capture(operator, found["payment"]["id"], 601).raise_for_status()
    return found


def booked(db: Db, order: dict[str, Any]) -> dict[tuple[str, str], int]:
    """What every seller has on every account, of an order."""
    rows = db.execute(
        "SELECT l.seller_id::text, l.account, sum(l.credit_minor - l.debit_minor)::int FROM journal_lines l "
        "JOIN journal_entries e ON e.id = l.entry_id WHERE e.order_id = %s AND l.seller_id IS NOT NULL GROUP BY 1, 2",
        [order["id"]],
    )
    return {(str(seller_id), str(account)): int(minor) for seller_id, account, minor in rows}


def has_nothing(db: Db, order: dict[str, Any], seller: httpx2.Client) -> None:
    owned = seller.headers["X-Seller"]
    mine = {account: minor for (owner, account), minor in booked(db, order).items() if owner == owned}
    assert mine.pop("sales") + mine.pop("refunds") == 0
    assert not any(mine.values())


@pytest.mark.parametrize("how", ["cancelled", "refunded"])
def test_it_goes_back_as_it_was_captured(  # noqa: PLR0917 - fixtures
    buyer: httpx2.Client, senders: list[httpx2.Client], operator: httpx2.Client, order: dict[str, Any], db: Db, how: str
) -> None:
    """R-LED-3, R-PAY-16: shipping was captured by proportion with the goods; its commission goes back with them."""
    if how == "cancelled":
        buyer.post(f"/orders/{order['id']}/cancel", json={}).raise_for_status()
    else:
        operator.post("/refunds", json={"order_id": order["id"], "reason": "late"}).raise_for_status()
    eventually(lambda: money(buyer, order)[1:] == (1501, 1501))
    for sender in senders:
        has_nothing(db, order, sender)
    units = "SELECT sum(l.units * CASE account WHEN 'sales' THEN 1 ELSE -1 END) FROM journal_lines l JOIN "
    counted = db.execute(f"{units} journal_entries e ON e.id = l.entry_id WHERE e.order_id = %s", [order["id"]])
    if how == "cancelled":
        assert counted.fetchone() == (0,)


def test_a_seller_grants_what_was_captured_of_own_goods(
    buyer: httpx2.Client, senders: list[httpx2.Client], order: dict[str, Any], db: Db
) -> None:
    """E-PAY-5, R-PAY-10: whoever gave more would give away what the other one was paid."""
    asked = {"order_id": order["id"], "reason": "late"}
    refused = senders[0].post("/refunds", json=asked | {"amount_minor": 782})
    assert (refused.status_code, refused.json()["refundable_minor"]) == (409, 781)
    assert senders[0].post("/refunds", json=asked).raise_for_status().json()["amount_minor"] == 781
    eventually(lambda: money(buyer, order)[1:] == (1501, 781))
    has_nothing(db, order, senders[0])
