"""A product to review, and an api whose facts go further."""

from collections.abc import Iterator

import httpx2
import pytest

from tests import shop
from tests.api.running import reactor, relay


@pytest.fixture
def product(seller: httpx2.Client) -> str:
    """Twenty units of a new product."""
    return shop.product(seller, price=900, stock=20)


@pytest.fixture(scope="module")
def saga(api: str, kafka_bootstrap: str) -> Iterator[str]:
    """Address of an api whose facts are relayed and reacted to."""
    with relay(), reactor(api_url=api):
        yield api
