"""The adapter of PayPal, and what stands in PayPal's place."""

from collections.abc import AsyncIterator, Iterator

import pytest

from api.payments.paypal_gateway import PayPal
from tests.api.payments.paypal.asking import settings
from tests.api.payments.paypal.standin import PayPalPeer, paypal


@pytest.fixture(scope="module")
def peer() -> Iterator[PayPalPeer]:
    """PayPal's place."""
    with paypal() as one:
        yield one


@pytest.fixture
async def gateway(peer: PayPalPeer) -> AsyncIterator[PayPal]:
    """The adapter before it."""
    one = PayPal(settings(paypal_url=peer.address))
    yield one
    await one.close()
