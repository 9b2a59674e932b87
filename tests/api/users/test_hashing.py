"""Password hashes are made beside the event loop, by a bounded pool."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import httpx2
import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type

from api.users import passwords
from tests import shop


@pytest.fixture(autouse=True)
def slow(password_hasher: PasswordHasher, monkeypatch: pytest.MonkeyPatch) -> None:
    """The product's own way, which the other tests shorten."""
    monkeypatch.setattr(passwords, "hasher", password_hasher)


async def test_a_password_is_slow_to_try() -> None:
    """R-USR-11: argon2id with OWASP's least cost, 19 MiB and two passes."""
    used = extract_parameters(await passwords.hashed(shop.PASSWORD))
    assert (used.type, used.memory_cost >= 19 * 1024, used.time_cost >= 2) == (Type.ID, True, True)


async def test_the_event_loop_turns_while_a_password_is_hashed() -> None:
    """R-USR-11."""
    work = asyncio.create_task(passwords.hashed(shop.PASSWORD))
    turns = 0
    while not work.done():
        turns += 1
        await asyncio.sleep(0.001)
    assert turns > 3
    assert await passwords.matches(work.result(), shop.PASSWORD)


def test_a_full_queue_is_said_at_once(api: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-USR-11: 503 with Retry-After, instead of a queue without end."""
    with closing(shop.account(api)) as client:
        body = {"email": client.headers["X-Person"], "password": shop.PASSWORD}
        monkeypatch.setattr(passwords, "MOST_WAITING", 1)
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: httpx2.post(f"{api}/v1/auth/login", json=body, timeout=20), range(8)))
    assert {answer.status_code for answer in answers} == {200, 503}
    refused = next(answer for answer in answers if answer.status_code == 503)
    assert refused.json()["type"] == "/problems/unavailable"
    assert int(refused.headers["retry-after"]) > 0
