"""Accounts by their id: support, administration, roles."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest
from sqlalchemy.dialects import postgresql

from api.pagination import Keyset
from api.users import queries
from api.users.models import users
from tests import shop
from tests.outbox import told

Database = psycopg.Connection[tuple[Any, ...]]


def own_id(client: httpx2.Client) -> str:
    found: str = client.get("/users/me").raise_for_status().json()["id"]
    return found


def test_an_account_is_its_owners_and_for_operators(api: str, shopper: httpx2.Client, operator: httpx2.Client) -> None:
    """E-USR-14, R-API-9: somebody else's is not there."""
    mine = own_id(shopper)
    for reader in (shopper, operator):
        assert reader.get(f"/users/{mine}").raise_for_status().json()["email"] == shopper.headers["X-Person"]
    with closing(shop.account(api)) as other:
        assert other.get(f"/users/{mine}").json()["type"] == "/problems/not-found"
        assert other.patch(f"/users/{mine}", json={"first_name": "X"}).status_code == 404
    assert operator.get(f"/users/{uuid4()}").status_code == 404
    assert httpx2.get(f"{api}/v1/users/{mine}").status_code == 401


def test_other_processes_get_the_contact_part(api: str, shopper: httpx2.Client, db: Database) -> None:
    """E-USR-14, ASVS-8.2.3: id, names, e-mail, phone, locale and consent, no more."""
    with closing(shop.account(api)) as service:
        db.execute("UPDATE users SET roles = '{service}' WHERE email = %s", [service.headers["X-Person"]])
        contact = service.get(f"/users/{own_id(shopper)}").raise_for_status().json()
    assert contact.keys() == {
        "id", "first_name", "last_name", "email", "phone", "locale", "marketing_consent",
    }  # fmt: skip


def test_only_an_admin_changes_a_status_and_disabling_ends_the_sessions(
    shopper: httpx2.Client, operator: httpx2.Client, admin: httpx2.Client, db: Database
) -> None:
    """R-USR-12, R-USR-14, E-USR-15, ASVS-7.4.2: a disabled account cannot sign in; active again, it can."""
    user_id = own_id(shopper)
    refused = shopper.patch(f"/users/{user_id}", json={"status": "disabled"})
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/forbidden")
    assert operator.patch(f"/users/{user_id}", json={"status": "disabled"}).status_code == 404
    body = {"status": "disabled", "first_name": "Nia"}
    changed = admin.patch(f"/users/{user_id}", json=body).raise_for_status().json()
    assert (changed["status"], changed["first_name"]) == ("disabled", "Nia")
    assert admin.patch(f"/users/{user_id}", json=body).raise_for_status().json()["status"] == "disabled"
    assert shopper.get("/users/me").json()["type"] == "/problems/token-revoked"
    person = {"email": shopper.headers["X-Person"], "password": shop.PASSWORD}
    refused = shopper.post("/auth/login", json=person)
    assert (refused.status_code, refused.json()["current_status"]) == (403, "disabled")
    admin.patch(f"/users/{user_id}", json={"status": "active"}).raise_for_status()
    shop.sign_in_again(shopper)
    changes = [fact["changed"] for fact in told(db, "user.updated", user_id)]
    assert changes == [["first_name", "status"], ["status"]]


@pytest.mark.parametrize("change", [{"status": "locked"}, {"status": None}, {"email": "x"}, {"roles": ["admin"]}])
def test_what_a_change_by_id_refuses(shopper: httpx2.Client, change: dict[str, object]) -> None:
    """E-USR-15: the answer names the field."""
    refused = shopper.patch(f"/users/{own_id(shopper)}", json=change)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/validation-failed")
    assert next(iter(change)) in str(refused.json()["errors"])


def test_a_role_gained_counts_at_once_and_one_taken_ends_the_sessions(
    shopper: httpx2.Client, operator: httpx2.Client, admin: httpx2.Client, db: Database
) -> None:
    """R-USR-12, R-USR-16, E-USR-16."""
    user_id = own_id(shopper)
    path = f"/users/{user_id}/roles"
    assert operator.put(path, json={"roles": ["admin"]}).status_code == 403
    assert shopper.get("/users").status_code == 403
    for _ in range(2):
        assert admin.put(path, json={"roles": ["operator"]}).json()["roles"] == ["shopper", "operator"]
    assert shopper.get("/users").status_code == 200
    admin.put(path, json={"roles": ["shopper"]}).raise_for_status()
    assert shopper.get("/users").json()["type"] == "/problems/token-revoked"
    facts = told(db, "user.updated", user_id)
    assert [(fact["changed"], fact["roles"]) for fact in facts] == [
        (["roles"], ["shopper", "operator"]),
        (["roles"], ["shopper"]),
    ]


def test_nobody_becomes_a_seller_by_an_admin(shopper: httpx2.Client, admin: httpx2.Client) -> None:
    """R-USR-16: a user becomes a seller by opening an account alone."""
    path = f"/users/{own_id(shopper)}/roles"
    refused = admin.put(path, json={"roles": ["shopper", "seller"]})
    assert (refused.status_code, refused.json()["role"]) == (409, "seller")
    for roles in (["shopper", "shopper"], ["emperor"]):
        assert admin.put(path, json={"roles": roles}).status_code == 422
    assert admin.put(f"/users/{uuid4()}/roles", json={"roles": []}).status_code == 404


def test_a_seller_without_the_role_sells_nothing(api: str, category: str, admin: httpx2.Client) -> None:
    """R-USR-12: the role taken away takes the shop's rows away until it is given back."""
    seller, seller_id = shop.seller(api)
    with closing(seller):
        path = f"/users/{own_id(seller)}/roles"
        admin.put(path, json={"roles": ["shopper"]}).raise_for_status()
        shop.sign_in_again(seller)
        assert seller.get("/sellers/me").status_code == 403
        admin.put(path, json={"roles": ["shopper", "seller"]}).raise_for_status()
        assert seller.get("/sellers/me").json()["id"] == seller_id


def test_the_last_admin_stays_one(admin: httpx2.Client, api: str, db: Database) -> None:
    """E-USR-16: also when two take the role from each other at once."""
    with closing(shop.account(api)) as second:
        admins = [own_id(admin), own_id(second)]
        db.execute("UPDATE users SET roles = array_remove(roles, 'admin') WHERE id <> ALL(%s::uuid[])", [admins])
        db.execute("UPDATE users SET roles = '{shopper,admin}' WHERE id = ANY(%s::uuid[])", [admins])
        calls = [(admin, admins[1]), (second, admins[0])]
        with ThreadPoolExecutor(2) as pool:
            answers = pool.map(lambda call: call[0].put(f"/users/{call[1]}/roles", json={"roles": []}), calls)
            assert [answer.status_code for answer in answers].count(200) == 1
        left = db.execute("SELECT id::text FROM users WHERE 'admin' = ANY(roles)").fetchall()
        assert len(left) == 1
        last = admin if left[0][0] == admins[0] else second
        shop.sign_in_again(last)
        refused = last.put(f"/users/{left[0][0]}/roles", json={"roles": []})
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/role-conflict")
        assert last.patch(f"/users/{left[0][0]}", json={"status": "disabled"}).status_code == 409


def test_operators_find_accounts(shopper: httpx2.Client, operator: httpx2.Client) -> None:
    """E-USR-17, R-API-6."""
    email = shopper.headers["X-Person"]

    def found(**query: object) -> list[str]:
        page = operator.get("/users", params={"limit": 100, **query}).raise_for_status().json()  # type: ignore[dict-item]
        return [user["email"] for user in page["items"]]

    assert found(email=email.upper()) == [email]
    assert found(email=email, role="operator") == []
    assert email in found(role="shopper", status="active", phone="+6281234567890")
    assert found(email=email, status="disabled") == []
    first = operator.get("/users", params={"limit": 1, "sort": "created_at"}).json()
    assert len(first["items"]) == 1
    query = {"limit": 100, "sort": "created_at", "cursor": first["next_cursor"]}
    rest = operator.get("/users", params=query).raise_for_status().json()["items"]
    assert [first["items"][0]["email"], *(user["email"] for user in rest)] == found(sort="created_at")
    query["sort"] = "-created_at"
    assert operator.get("/users", params=query).json()["type"] == "/problems/cursor-invalid"
    assert operator.get("/users", params={"status": "asleep"}).status_code == 422
    assert shopper.get("/users").status_code == 403


def test_the_newest_accounts_are_found_without_sorting_all(db: Database) -> None:
    """E-USR-17, R-API-6: a page of the list is read from an index, however many accounts there are."""
    keyset = Keyset("secret", "-created_at", users.c.created_at, users.c.id, {})
    statement = keyset.page(queries.listed(None, None, None, None), None, 20)
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call] # SQLAlchemy leaves it untyped
    words = statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    with db.transaction():
        db.execute("SET LOCAL enable_sort = off")
        plan = "\n".join(row[0] for row in db.execute(f"EXPLAIN {words}"))
    assert "Scan Backward using ix_users_created_at" in plan
