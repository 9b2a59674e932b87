"""An api with its relay and reactor, on servers of this test session."""

from collections.abc import Iterator
from contextlib import closing

import httpx2
import pytest

from tests import shop


@pytest.fixture
def product(saga: str, seller: httpx2.Client) -> str:
    """Ten units at 12.00."""
    return shop.product(seller, price=1200, stock=10)


@pytest.fixture
def buyer(saga: str) -> Iterator[httpx2.Client]:
    """A new signed-in shopper."""
    with closing(shop.account(saga)) as client:
        yield client
