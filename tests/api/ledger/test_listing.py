"""Journal entries by what is asked for: accounts and kinds there are, and no others."""

from typing import get_args

import httpx2
import psycopg
import pytest

from api.ledger.entries import Account, Kind
from tests import shop


@pytest.mark.parametrize(("field", "known"), [("account", Account), ("kind", Kind)])
def test_a_word_that_the_books_do_not_know_is_refused(operator: httpx2.Client, field: str, known: object) -> None:
    """R-API-3, E-LED-1: a slip of the pen is told, with what there is, and no page says that nothing was booked."""
    answer = operator.get("/ledger/entries", params={field: "sails"})
    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["errors"]
    assert error["field"] == f"query.{field}"
    assert all(word in error["message"] for word in get_args(known))


def test_every_word_of_the_books_is_a_filter(
    operator: httpx2.Client, seller: httpx2.Client, shopper: httpx2.Client, db: psycopg.Connection[tuple[object, ...]]
) -> None:
    """E-LED-1: of each kind that the table takes, and of each account that an entry has a line of."""
    shop.put_in_cart(shopper, shop.product(seller, price=500, stock=1), 1)
    order_id = shop.checkout(shopper)["id"]
    shop.pay(shopper, order_id).raise_for_status()
    rule = db.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'ck_journal_entries_kind'")
    (text,) = next(rule)
    assert [word for word in get_args(Kind) if f"'{word}'" not in str(text)] == []
    assert str(text).count("::character varying,") + 1 == len(get_args(Kind))
    wanted = {"order_id": order_id}
    entries = operator.get("/ledger/entries", params=wanted).raise_for_status().json()["items"]
    assert {entry["kind"] for entry in entries} == {"sale", "commission"}
    for entry in entries:
        of_kind = operator.get("/ledger/entries", params={**wanted, "kind": entry["kind"]}).json()["items"]
        assert of_kind == [entry]
        for line in entry["lines"]:
            of_account = operator.get("/ledger/entries", params={**wanted, "account": line["account"]})
            assert of_account.raise_for_status().json()["items"] == [entry]


def test_a_line_of_a_wallet_says_which_one(operator: httpx2.Client, shopper: httpx2.Client) -> None:
    """E-LED-1, 10.1: wallet_liability is per wallet; operators could not tell whose money moved."""
    money = {"amount_minor": 5000, "currency": "GBP", "gateway_token": shop.APPROVED}
    shopper.post("/wallet/top-ups", json=money).raise_for_status()
    (wallet,) = shopper.get("/wallet").raise_for_status().json()["items"]
    wanted: dict[str, str | int] = {"kind": "wallet_top_up", "limit": 100}
    booked = operator.get("/ledger/entries", params=wanted).raise_for_status().json()["items"]
    lines = [line for one in booked for line in one["lines"] if line["wallet_id"] == wallet["id"]]
    assert [(line["account"], line["gateway"], line["credit_minor"]) for line in lines] == [
        ("wallet_liability", None, 5000)
    ]
