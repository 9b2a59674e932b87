"""Asks for one-time codes and takes them out of the post."""

from collections.abc import Callable

import httpx2

from tests.line import eventually

Codes = Callable[[str], list[str]]


def ask(client: httpx2.Client, codes: Codes, kind: str, to: str) -> str:
    """A new code, as it arrives; a reset is asked for as anybody may, the others by the account."""
    before = len(codes(to))
    body = {"type": kind} | ({"email": to} if kind == "password_reset" else {})
    answer = client.post("/auth/otp/send", json=body)
    assert (answer.status_code, answer.json()) == (202, {"expires_in": 300})
    return eventually(lambda: codes(to)[before:])[0]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"
