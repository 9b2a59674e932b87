"""Connections that are kept between calls."""

import time

import httpx2

BREAK_S = 6.0
"""Longer than the server's library keeps a connection by itself."""


def test_a_connection_lasts_over_a_break(api: str) -> None:
    """Who hangs up first loses the call that comes at that moment: it has to be the client."""
    with httpx2.Client(base_url=api, limits=httpx2.Limits(keepalive_expiry=10 * BREAK_S)) as client:
        first = _asked_from(client)
        time.sleep(BREAK_S)
        assert _asked_from(client) == first


def _asked_from(client: httpx2.Client) -> object:
    """The address, with its port, that a call came from."""
    with client.stream("GET", "/health/live") as answer:
        address = answer.extensions["network_stream"].get_extra_info("client_addr")
        answer.read()
    return address
