"""An api with its relay and reactor, on servers of this test session."""

from collections.abc import Iterator
from contextlib import closing

import httpx2
import pytest

from tests import shop
from tests.api.running import reactor, relay


@pytest.fixture(scope="module")
def saga(api: str, kafka_bootstrap: str) -> Iterator[str]:
    """Address of an api whose facts are relayed and reacted to."""
    with relay(), reactor(api_url=api):
        yield api


@pytest.fixture
def product(saga: str, seller: httpx2.Client) -> str:
    """Ten units at 12.00."""
    return shop.product(seller, price=1200, stock=10)


@pytest.fixture
def buyer(saga: str) -> Iterator[httpx2.Client]:
    """A new signed-in shopper."""
    with closing(shop.account(saga)) as client:
        yield client
