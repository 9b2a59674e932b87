"""For orders whose facts reach the log late."""

import pytest


@pytest.fixture
def log(api: str, kafka_bootstrap: str) -> str:
    """The api's address, for a relay and a reactor that come late."""
    return api
