"""An api whose facts are told to sellers' systems."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.running import reactor, relay
from tests.api.serving import serving


@pytest.fixture(scope="module")
def api(pg: str, redis_url: str, kafka_bootstrap: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An api with its relay and reactor that may call systems of this machine."""
    home: Path = tmp_path_factory.mktemp("home")
    settings = {"rate_limits": False, "home": home, "platform_currency": "GBP", "webhooks_inside": True}
    with serving(**settings) as address, relay(), reactor(api_url=address, webhooks_inside=True):
        yield address
