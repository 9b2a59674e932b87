"""Two sellers, and an order of both that has arrived."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx2
import pytest

from tests import shop
from tests.api.complaints.people import Db, arrived, bought


@pytest.fixture(scope="module")
def other(api: str, category: str) -> Iterator[httpx2.Client]:
    """A second signed-in seller in GBP."""
    with closing(shop.seller(api)[0]) as client:
        yield client


@pytest.fixture
def staff(operator: httpx2.Client) -> httpx2.Client:
    """The operator, with a token that says so."""
    shop.sign_in_again(operator)
    return operator


@pytest.fixture
def stranger(api: str) -> Iterator[httpx2.Client]:
    """Somebody who has nothing to do with it."""
    with closing(shop.account(api)) as client:
        yield client


@pytest.fixture
def order(shopper: httpx2.Client, seller: httpx2.Client, other: httpx2.Client, db: Db) -> dict[str, Any]:
    """A delivered order: a line of 10.00 of `seller`, one of 1.00 of `other`."""
    found = bought(shopper, shop.product(seller, price=1000, stock=10), shop.product(other, price=100, stock=10))
    arrived(db, found["id"])
    return found
