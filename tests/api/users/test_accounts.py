"""The own account and its address book."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest

from tests.api.base.listening import heard
from tests.outbox import told
from tests.shop import ADDRESS, account


def test_the_first_address_is_the_default_and_deleting_it_promotes_the_newest(shopper: httpx2.Client) -> None:
    """R-USR-13."""
    first, second, third = (
        shopper.post("/users/me/addresses", json={**ADDRESS, "label": label}).raise_for_status().json()["id"]
        for label in "abc"
    )
    shopper.patch(f"/users/me/addresses/{second}", json={"is_default": True}).raise_for_status()
    assert defaults(shopper) == [second]
    shopper.delete(f"/users/me/addresses/{second}").raise_for_status()
    assert defaults(shopper) == [third]
    shopper.delete(f"/users/me/addresses/{first}").raise_for_status()
    assert defaults(shopper) == [third]


def defaults(shopper: httpx2.Client) -> list[str]:
    book = shopper.get("/users/me/addresses").raise_for_status().json()["items"]
    return [address["id"] for address in book if address["is_default"]]


def test_addresses_that_are_added_at_once_are_all_there(api: str, db: psycopg.Connection[Any]) -> None:
    """R-USR-13, R-EVT-4: one of them is the default, and each has a version of the account of its own."""
    with closing(account(api)) as shopper, ThreadPoolExecutor(8) as windows:
        made = list(windows.map(lambda _: shopper.post("/users/me/addresses", json=ADDRESS).json()["id"], range(8)))
        book = shopper.get("/users/me/addresses").json()["items"]
        user_id = shopper.get("/users/me").json()["id"]
    assert {address["id"] for address in book} == set(made)
    assert sum(address["is_default"] for address in book) == 1
    row = db.execute("SELECT version FROM users WHERE id = %s", [user_id]).fetchone()
    assert row == (1 + len(made),)


def test_a_change_of_the_address_book_takes_three_statements(api: str) -> None:
    """R-USR-13: the account's row, its fact, and the book, whatever becomes of the default; adding one takes two."""
    with closing(account(api)) as shopper:
        ids = []
        for default in (False, False, True):
            with heard() as statements:
                answer = shopper.post("/users/me/addresses", json={**ADDRESS, "is_default": default}).raise_for_status()
            ids.append(answer.json()["id"])
            assert len(statements) == 2, statements
        assert defaults(shopper) == [ids[2]]
        for change in ({"is_default": True}, {"is_default": True}, {"is_default": False}, {"label": "Work"}):
            with heard() as statements:
                shopper.patch(f"/users/me/addresses/{ids[0]}", json=change).raise_for_status()
            assert (len(statements), defaults(shopper)) == (3, [ids[0]])
        assert shopper.patch(f"/users/me/addresses/{uuid4()}", json={"is_default": True}).status_code == 404
        assert shopper.delete(f"/users/me/addresses/{uuid4()}").status_code == 404
        for gone, left in ((ids[1], [ids[0]]), (ids[0], [ids[2]]), (ids[2], [])):
            with heard() as statements:
                shopper.delete(f"/users/me/addresses/{gone}").raise_for_status()
            assert (len(statements), defaults(shopper)) == (3, left)


def test_an_address_book_is_bounded(shopper: httpx2.Client) -> None:
    """E-USR-11: 20 addresses."""
    answers = [shopper.post("/users/me/addresses", json=ADDRESS) for _ in range(21)]
    assert [answer.status_code for answer in answers] == [201] * 20 + [409]
    assert answers[-1].json()["limit"] == 20


def test_somebody_elses_address_is_not_there(api: str, shopper: httpx2.Client) -> None:
    """R-API-9."""
    mine = shopper.post("/users/me/addresses", json=ADDRESS).json()["id"]
    with closing(account(api)) as other:
        assert other.patch(f"/users/me/addresses/{mine}", json={"label": "x"}).status_code == 404
        assert other.delete(f"/users/me/addresses/{mine}").status_code == 404


def test_a_profile_changes_field_by_field(shopper: httpx2.Client) -> None:
    """R-API-12, E-USR-9: absent stays, null is refused where it cannot clear."""
    before = shopper.get("/users/me").json()
    after = shopper.patch("/users/me", json={"first_name": "Nia", "username": f"n{before['id'][-12:]}"}).json()
    assert (after["first_name"], after["last_name"]) == ("Nia", before["last_name"])
    refused = shopper.patch("/users/me", json={"first_name": None})
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/validation-failed")


def test_changes_of_addresses_and_preferences_are_told_by_name_alone(
    shopper: httpx2.Client, db: psycopg.Connection[tuple[Any, ...]]
) -> None:
    """R-USR-17, R-EVT-8: neither street nor locale is in the fact."""
    user_id = shopper.get("/users/me").json()["id"]
    path = f"/users/me/addresses/{shopper.post('/users/me/addresses', json=ADDRESS).json()['id']}"
    shopper.patch(path, json={"street": "Jalan Baru 7"}).raise_for_status()
    shopper.delete(path).raise_for_status()
    shopper.patch("/users/me", json={"locale": "id", "marketing_consent": True}).raise_for_status()
    facts = told(db, "user.updated", user_id)
    assert [fact["changed"] for fact in facts] == [["addresses"]] * 3 + [["locale", "marketing_consent"]]
    assert all(fact.keys() == {"user_id", "changed", "roles", "status"} for fact in facts)


@pytest.mark.parametrize("locale", ["en", "pt-BR", "es-419", "zh-Hant", "zh-Hant-TW", "sr_Latn_RS"])
def test_a_browsers_locale_is_taken(shopper: httpx2.Client, locale: str) -> None:
    """2.1: with a script, and with the number of a part of the world, as in Latin America."""
    assert shopper.patch("/users/me", json={"locale": locale}).raise_for_status().json()["locale"] == locale
    for wrong in (f"{locale}-", "419", "english", "es-4190", "e"):
        assert shopper.patch("/users/me", json={"locale": wrong}).status_code == 422
