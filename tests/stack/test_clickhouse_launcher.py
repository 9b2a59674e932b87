"""Malformed, broken and hostile connections must not end the ClickHouse process (they do, without its terminal)."""

import base64
import os
import random
import socket
import ssl
import struct
from collections.abc import Callable
from contextlib import suppress

import httpx2
import pytest

from stack import secrets
from stack.home import Home
from stack.settings import HOST
from stack.state import load
from tests.stack_fixture import TestStack

RESET = struct.pack("ii", 1, 0)
Case = Callable[["Target"], None]


class Target:
    """The two listeners of the running server."""

    def __init__(self, home: Home) -> None:
        self.http, self.native = home.port("clickhouse_http"), home.port("clickhouse_native")
        self.password = secrets.read(home, "clickhouse_sink")
        login = base64.b64encode(f"sink:{self.password}".encode())
        self.login = b"Authorization: Basic " + login + b"\r\n"

    def send(self, port: int, data: bytes, *, reset: bool = False, wait: float = 0.05) -> None:
        """Send bytes, look at the answer for a moment, then hang up, gently or by a reset."""
        with suppress(OSError), socket.create_connection((HOST, port), timeout=3) as connection:
            connection.settimeout(wait)
            with suppress(OSError):
                connection.sendall(data)
                connection.recv(4096)
            if reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

    def get(self, path: str, **how: object) -> None:
        """A request line with our login."""
        self.send(self.http, f"GET {path} HTTP/1.1\r\n".encode() + self.login + b"\r\n", **how)  # type: ignore[arg-type]

    def post(self, query: str, body: bytes, headers: bytes = b"", length: object = None, **how: object) -> None:
        """A POST whose length and headers may lie."""
        size = f"Content-Length: {len(body) if length is None else length}\r\n\r\n".encode()
        head = f"POST /?query={query} HTTP/1.1\r\nHost: x\r\n".encode()
        self.send(self.http, head + self.login + headers + size + body, **how)  # type: ignore[arg-type]

    def tls(self, port: int) -> None:
        """A TLS greeting at a port that speaks plain text."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with suppress(OSError), socket.create_connection((HOST, port), timeout=2) as plain, context.wrap_socket(plain):
            pass

    def hello(self, user: bytes, password: bytes) -> bytes:
        """The native protocol's first packet."""
        words = [bytes([len(word)]) + word for word in (b"default", user, password)]
        return b"\x00\x01x\x18\x08\xb2\xa9\x03" + b"".join(words)


INSERT = "insert+into+atlantic_fuzz.t+format+"
SLOW = "/?query=select+number,toString(number)+from+numbers(100000000)"
THROWS = "/?query=select+throwIf(number%3D3000000)+from+numbers(4000000)"
HTTP_CASES: dict[str, Case] = {
    "closed at once": lambda t: t.send(t.http, b""),
    "reset at once": lambda t: t.send(t.http, b"", reset=True),
    "garbage": lambda t: t.send(t.http, os.urandom(500)),
    "zeros": lambda t: t.send(t.http, bytes(5000)),
    "TLS": lambda t: t.tls(t.http),
    "half a line, reset": lambda t: t.send(t.http, b"GET /?que", reset=True),
    "no version": lambda t: t.send(t.http, b"GET /\r\n\r\n"),
    "version 9.9": lambda t: t.send(t.http, b"GET / HTTP/9.9\r\n\r\n"),
    "huge header": lambda t: t.send(t.http, b"GET / HTTP/1.1\r\nX: " + b"a" * 2_000_000 + b"\r\n\r\n"),
    "many headers": lambda t: t.send(t.http, b"GET / HTTP/1.1\r\n" + b"X-a: b\r\n" * 20_000 + b"\r\n"),
    "length abc": lambda t: t.post("", b"select 1", length="abc"),
    "length -5": lambda t: t.post("", b"select 1", length=-5),
    "short body, reset": lambda t: t.post("", b"select 1", length=500, reset=True),
    "bad chunk": lambda t: t.post("", b"ZZZ\r\nx\r\n0\r\n\r\n", b"Transfer-Encoding: chunked\r\n"),
    "bad basic login": lambda t: t.send(t.http, b"GET /?query=select+1 HTTP/1.1\r\nAuthorization: Basic !!\r\n\r\n"),
    "bearer": lambda t: t.send(t.http, b"GET /?query=select+1 HTTP/1.1\r\nAuthorization: Bearer x.y.z\r\n\r\n"),
    "default user": lambda t: t.send(t.http, b"GET /?query=select+1 HTTP/1.1\r\n\r\n"),
    "bad percent signs": lambda t: t.get("/?query=%ZZ%00%ff&%=1"),
    "not gzip": lambda t: t.post(INSERT + "CSV", b"no", b"Content-Encoding: gzip\r\n"),
    "not zstd": lambda t: t.post(INSERT + "CSV", b"no", b"Content-Encoding: zstd\r\n"),
    "bad Native": lambda t: t.post(INSERT + "Native", os.urandom(3000)),
    "bad Parquet": lambda t: t.post(INSERT + "Parquet", os.urandom(3000)),
    "bad protocol version": lambda t: t.get("/?query=select+1&client_protocol_version=abc"),
    "bad session time": lambda t: t.get("/?query=select+1&session_id=a&session_timeout=zz"),
    "bad setting": lambda t: t.get("/?query=select+1&max_threads=zz"),
    "reset while reading": lambda t: t.get(SLOW, reset=True, wait=0.2),
    "error in the middle": lambda t: t.get(THROWS, wait=0.5),
    "error in the middle, reset": lambda t: t.get(THROWS, reset=True, wait=0.01),
    "CONNECT": lambda t: t.send(t.http, b"CONNECT a:1 HTTP/1.1\r\n\r\n"),
    "native protocol": lambda t: t.send(t.http, t.hello(b"sink", t.password.encode())),
}
NATIVE_CASES: dict[str, Case] = {
    "native: closed at once": lambda t: t.send(t.native, b""),
    "native: reset at once": lambda t: t.send(t.native, b"", reset=True),
    "native: garbage": lambda t: t.send(t.native, os.urandom(500)),
    "native: HTTP": lambda t: t.send(t.native, b"GET / HTTP/1.1\r\n\r\n"),
    "native: TLS": lambda t: t.tls(t.native),
    "native: half a hello, reset": lambda t: t.send(t.native, t.hello(b"sink", b"x")[:9], reset=True),
    "native: wrong password": lambda t: t.send(t.native, t.hello(b"sink", b"wrong")),
    "native: hello, reset": lambda t: t.send(t.native, t.hello(b"sink", t.password.encode()), reset=True),
    "native: garbage after hello": lambda t: t.send(t.native, t.hello(b"sink", t.password.encode()) + os.urandom(99)),
    "native: default user": lambda t: t.send(t.native, t.hello(b"default", b"")),
}


def test_no_connection_ends_the_server(stack: TestStack) -> None:
    target, before = Target(stack.home), _pid(stack.home)
    cases = list((HTTP_CASES | NATIVE_CASES).items())
    random.shuffle(cases)
    for name, case in cases:
        case(target)
        assert _answers(stack.home), f"ended by: {name}"
    assert _pid(stack.home) == before


def _answers(home: Home) -> bool:
    with suppress(httpx2.HTTPError):
        return httpx2.get(f"http://{home.address('clickhouse_http')}/ping", timeout=5).text == "Ok.\n"
    return False


def _pid(home: Home) -> int:
    state = load(home)
    process = state.parts["clickhouse"].process if state else None
    assert process is not None
    assert process.find() is not None
    return process.pid


@pytest.mark.parametrize("path", ["/etc/passwd", "/proc/1/cmdline", "../../secrets/postgres"])
def test_sql_reads_no_files_of_the_machine(stack: TestStack, path: str) -> None:
    answer = httpx2.post(
        f"http://{stack.home.address('clickhouse_http')}/", content=f"SELECT file('{path}')",
        auth=("data_ro", secrets.read(stack.home, "clickhouse_data")),
    )  # fmt: skip
    assert answer.status_code != httpx2.codes.OK
