"""Connections that are kept between calls."""

from contextlib import closing
from http.client import HTTPConnection
from select import select

BREAK_S = 6.0
"""Longer than the server's library keeps a connection by itself."""


def test_a_connection_lasts_over_a_break(api: str) -> None:
    """Who hangs up first loses the call that comes at that moment: it has to be the client."""
    with closing(HTTPConnection(api.removeprefix("http://"))) as connection:
        connection.request("GET", "/health/live")
        connection.getresponse().read()
        hung_up, _, _ = select([connection.sock], [], [], BREAK_S)
    assert not hung_up
