"""Orders that are cancelled, without the log: what was written about it, and who reads it (E-ORD-4)."""

import httpx2
import pytest

from tests import shop

NOTE = "The card is said to be stolen."


@pytest.fixture
def people(shopper: httpx2.Client, seller: httpx2.Client, operator: httpx2.Client) -> dict[str, httpx2.Client]:
    """Who may read an order."""
    return {"shopper": shopper, "seller": seller, "operator": operator}


@pytest.mark.parametrize(
    ("by", "reason", "read"),
    [
        ("shopper", "customer_request", True),
        ("operator", "customer_request", False),
        ("operator", "fraud", False),
        ("seller", "customer_request", False),
        ("seller", "seller_request", False),
    ],
)
def test_why_an_order_was_cancelled_is_shown(
    people: dict[str, httpx2.Client], by: str, reason: str, read: bool
) -> None:
    """To operators and its sellers; to the shopper the own words, but not what others say of the shopper's request."""
    shop.put_in_cart(people["shopper"], shop.product(people["seller"], price=100, stock=1), 1)
    order = shop.checkout(people["shopper"])
    assert (order["cancellation_note"], order["cancelled_by"]) == (None, None)
    path = f"/orders/{order['id']}"
    said = people[by].post(f"{path}/cancel", json={"reason": reason, "note": NOTE}).raise_for_status().json()
    assert (said["cancellation_note"], said["cancelled_by"]) == (NOTE, by)
    assert {person.get(path).json()["cancelled_by"] for person in people.values()} == {by}
    seen = {name: person.get(path).json()["cancellation_note"] for name, person in people.items()}
    assert seen == {"operator": NOTE, "seller": NOTE, "shopper": NOTE if read else None}
    for name, person in people.items():
        lists = person.get("/orders", params={"view": "seller"} if name == "seller" else {}).json()["items"]
        assert next(each for each in lists if each["id"] == order["id"]) == person.get(path).json()
