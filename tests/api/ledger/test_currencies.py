"""Money of several currencies stays apart (R-LED-6)."""

from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import httpx2
import psycopg

from tests import shop

Db = psycopg.Connection[tuple[Any, ...]]
PRICES = {"GBP": 10_000, "JPY": 700}


def listed(earner: httpx2.Client, db: Db, currency: str) -> str:
    """A product of a seller who sells in another currency from now on."""
    db.execute("UPDATE sellers SET currency = %s WHERE id = %s", [currency, earner.headers["X-Seller"]])
    return shop.product(earner, price=PRICES[currency], stock=3, currency=currency)


def paid(api: str, product: str) -> str:
    """An order of one unit, paid: its id."""
    with closing(shop.account(api)) as buyer:
        shop.put_in_cart(buyer, product, 1)
        order_id: str = shop.checkout(buyer)["id"]
        shop.pay(buyer, order_id).raise_for_status()
        return order_id


def test_nothing_is_converted_and_totals_are_per_currency(
    api: str, category: str, operator: httpx2.Client, db: Db
) -> None:
    """R-LED-6: who earned in two has two accounts and two statements; an entry has the currency of its order."""
    with closing(shop.seller(api)[0]) as earner:
        orders = {currency: paid(api, listed(earner, db, currency)) for currency in PRICES}
        path = f"/sellers/{earner.headers['X-Seller']}"
        accounts = earner.get(f"{path}/balance").raise_for_status().json()["items"]
        month = {"month": f"{datetime.now(UTC):%Y-%m}"}
        statements = earner.get(f"{path}/statements", params=month).raise_for_status().json()["items"]
        (yen,) = earner.get(f"{path}/balance", params={"currency": "JPY"}).raise_for_status().json()["items"]
    assert {each["currency"]: each["sales_minor"] for each in accounts} == PRICES
    assert {each["currency"]: each["due_minor"] for each in accounts} == {"GBP": 9_000, "JPY": 630}
    assert {each["currency"]: each["closing_minor"] for each in statements} == {"GBP": 9_000, "JPY": 630}
    assert yen in accounts
    shop.sign_in_again(operator)
    for currency, order_id in orders.items():
        entries = operator.get("/ledger/entries", params={"order_id": order_id}).raise_for_status().json()["items"]
        assert {each["currency"] for each in entries} == {currency}
        total = sum(line["debit_minor"] for each in entries if each["kind"] == "sale" for line in each["lines"])
        assert total == PRICES[currency]


def test_neither_cart_nor_wallet_changes_money(api: str, seller: httpx2.Client, shopper: httpx2.Client, db: Db) -> None:
    """R-LED-6: goods of two currencies are two orders; pounds in the wallet pay no yen, however many there are."""
    pounds, yen = (listed(seller, db, currency) for currency in PRICES)
    filled = {"amount_minor": 500_000, "currency": "GBP", "gateway_token": shop.APPROVED}
    shopper.post("/wallet/top-ups", json=filled).raise_for_status()
    shop.put_in_cart(shopper, yen, 1)
    mixed = shopper.post("/cart/items", json={"product_id": pounds, "quantity": 1})
    assert (mixed.status_code, mixed.json()["type"]) == (422, "/problems/currency-mismatch")
    body = {"address": shop.ADDRESS, "payment_method": "wallet"}
    order = shopper.post("/checkout", json=body, headers={"Idempotency-Key": "yen"}).raise_for_status().json()["order"]
    asked = shopper.post("/payments/intent", json={"order_id": order["id"]})
    if asked.is_success:
        asked = shopper.post("/payments/confirm", json={"payment_id": asked.json()["id"]})
    assert (asked.status_code, asked.json()["type"]) == (409, "/problems/wallet-insufficient")
    balances = {each["currency"]: each["balance_minor"] for each in shopper.get("/wallet").json()["items"]}
    assert (balances["GBP"], balances.get("JPY", 0)) == (500_000, 0)
