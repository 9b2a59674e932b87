"""An api with its relay and reactor, on servers of this test session."""

from collections.abc import Iterator

import pytest

from tests.api.running import reactor, relay


@pytest.fixture(scope="module")
def saga(api: str, kafka_bootstrap: str) -> Iterator[str]:
    """Address of an api whose facts are relayed and reacted to."""
    with relay(), reactor(api_url=api):
        yield api
