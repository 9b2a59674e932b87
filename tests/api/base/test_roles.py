"""Who may call what: `roles.tsv` says it for each operation, and each is called by everybody."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest

from tests import shop
from tests.api.base.operations import Operation

TABLE = Path(__file__).with_name("roles.tsv")
ROLES = ("anybody", "shopper", "seller", "service", "operator", "admin")
NO_CALL = {"no_such_field": 1}
"""A body that each operation refuses (R-API-3), once it knows that the caller may call it."""


@pytest.fixture(scope="module")
def callers(api: str, category: str, db: psycopg.Connection[Any]) -> Iterator[dict[str, httpx2.Client]]:
    """One caller of each role; operators and the like are shoppers too."""
    with ExitStack() as stack:
        found = {"anybody": stack.enter_context(httpx2.Client(base_url=api, timeout=20))}
        for role in ROLES[1:]:
            client = shop.seller(api)[0] if role == "seller" else shop.account(api)
            found[role] = stack.enter_context(closing(client))
            if role not in ("shopper", "seller"):
                set_role = "UPDATE users SET roles = %s WHERE email = %s"
                db.execute(set_role, [["shopper", role], client.headers["X-Person"]])
                shop.sign_in_again(client)
            client.base_url = httpx2.URL(api)
        yield found
        db.execute("UPDATE users SET roles = '{shopper}' WHERE 'admin' = ANY(roles)")


def told() -> dict[str, str]:
    """The table: the roles that may call an operation."""
    rows = [line.split("\t") for line in TABLE.read_text().splitlines()[1:]]
    return {operation: roles for operation, roles in rows}


def seen(each: Operation, callers: dict[str, httpx2.Client]) -> str:
    """The roles that an operation lets in."""
    body: dict[str, Any] = {} if each.body is None else {"json": NO_CALL}
    said = {
        role: client.request(each.method.upper(), each.address, **body).status_code for role, client in callers.items()
    }
    assert 500 not in said.values(), (each.name, said)
    return " ".join(role for role in ROLES if said[role] not in (401, 403))


def test_every_operation_is_open_to_those_it_says(
    operations: list[Operation], callers: dict[str, httpx2.Client]
) -> None:
    """ASVS-8.1.1, ASVS-8.2.1, ASVS-8.3.1, R-API-8: 401 for nobody, 403 for the wrong role, before anything is read."""
    found = {each.name: seen(each, callers) for each in operations if each.path.startswith("/v1/")}
    wrong = {name: (told().get(name), roles) for name, roles in found.items() if told().get(name) != roles}
    assert not wrong
    assert set(told()) == set(found)
