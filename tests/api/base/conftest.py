"""The OpenAPI document of a running api, and somebody who may call everything."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx2
import psycopg
import pytest

from tests import shop
from tests.api.base.operations import Operation, all_of


@pytest.fixture(scope="module")
def document(api: str) -> dict[str, Any]:
    """The OpenAPI document."""
    found: dict[str, Any] = httpx2.get(f"{api}/openapi.json", timeout=60).json()
    return found


@pytest.fixture(scope="module")
def operations(document: dict[str, Any]) -> list[Operation]:
    """Every operation."""
    return all_of(document)


@pytest.fixture(scope="module")
def everybody(api: str, category: str, db: psycopg.Connection[Any]) -> Iterator[httpx2.Client]:
    """A caller with every role."""
    with closing(shop.seller(api)[0]) as client:
        roles = "UPDATE users SET roles = '{shopper,seller,operator,admin,service}' WHERE email = %s"
        db.execute(roles, [client.headers["X-Person"]])
        shop.sign_in_again(client)
        client.base_url = httpx2.URL(api)
        yield client
