"""A product to review, and an api whose facts go further."""

import httpx2
import pytest

from tests import shop


@pytest.fixture
def product(seller: httpx2.Client) -> str:
    """Twenty units of a new product."""
    return shop.product(seller, price=900, stock=20)
