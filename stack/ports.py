"""Ports of this machine: who holds them, and whether something answers."""

import asyncio
import socket
from collections.abc import Iterable

import psutil

from stack.home import Home
from stack.part import NotReadyError
from stack.settings import HOST

CONNECT_SECONDS = 3.0


class PortTakenError(RuntimeError):
    """A port that we need belongs to somebody else; the message names them and what to do."""


def require_free(home: Home, names: Iterable[str]) -> None:
    """Raise PortTakenError for the first port that something listens on already."""
    for name in names:
        port = home.port(name)
        if is_taken(port):
            raise PortTakenError(f"port {port} ({name}) is taken by {_holder(port)}: set ATLANTIC_PORT_BASE")


def is_taken(port: int) -> bool:
    """Whether somebody listens on this port of the loopback address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # closed connections may linger, listeners not
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False


def _holder(port: int) -> str:
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
                return f"PID {connection.pid} ({psutil.Process(connection.pid).name()})"
    except psutil.Error:
        pass
    return "another user's process, or by a connection that is just ending (then try again)"


async def port_answers(name: str, port: int) -> None:
    """Raise NotReadyError unless a connection to the port is accepted."""
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(HOST, port), CONNECT_SECONDS)
    except (OSError, TimeoutError) as error:
        raise NotReadyError(f"{name} does not accept connections on port {port}") from error
    writer.close()


def free_base(span: int, start: int, stop: int) -> int:
    """The first multiple of `span` from which `span` ports are free; for tests and second instances."""
    for base in range(start, stop, span):
        if not any(is_taken(base + offset) for offset in range(span)):
            return base
    raise PortTakenError(f"no {span} free ports in a row between {start} and {stop}")
