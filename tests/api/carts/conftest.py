"""Something to put into a cart."""

import httpx2
import pytest

from tests import shop


@pytest.fixture
def product(seller: httpx2.Client) -> str:
    """Something to buy."""
    return shop.product(seller, price=100, stock=100)
