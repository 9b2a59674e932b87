"""What a provider tells that nobody here understands is kept: nothing is lost (E-PAY-3, R-EVT-10)."""

from typing import Any

import httpx2
import psycopg
import pytest

from api.signatures import sign
from streams.dead_letters import Post, Refused
from streams.events.dead_letters import DeadLetter, as_text
from tests.api.running import relay
from tests.line import eventually

Db = psycopg.Connection[tuple[Any, ...]]
UNREADABLE = (b'{"type":"account.updated"}', b"\xff{", b'{"idempotency_ref":"a\\u0000b"}', b"")
STRANGE = b'{"idempotency_ref":"charge:nobody"}'


def test_what_nobody_understands_is_a_dead_letter(
    shopper: httpx2.Client, env: dict[str, str], kafka_bootstrap: str, db: Db
) -> None:
    """Signed, but of an unknown type, unreadable, or about an operation that is not ours: 200, and a letter, once."""
    for number, body in enumerate((*UNREADABLE, STRANGE) * 2):
        event_id = f"evt_{number % 5}" + "x" * 300
        answer = shopper.post(
            "/payments/webhook", content=body, headers=sign(env["ATLANTIC_WEBHOOK_SECRET"], event_id, body)
        )
        assert (answer.status_code, answer.json()) == (200, {"received": True})
    outcomes = db.execute("SELECT outcome FROM provider_events ORDER BY outcome").fetchall()
    assert outcomes == [("unknown operation",), *[("unreadable",)] * 4]
    post = Post(kafka_bootstrap, env["ATLANTIC_TOPIC_PREFIX"])
    with relay():
        eventually(lambda: len(kept(post)) == 5, within=60)
    assert {letter.line for letter in kept(post)} == {as_text(body) for body in (*UNREADABLE, STRANGE)}
    assert all("test evt_" in letter.reason and letter.attempts == 1 for letter in kept(post))
    with pytest.raises(Refused, match="its sender can send it again"):
        post.replay(kept(post)[0])


def kept(post: Post) -> list[DeadLetter]:
    """The letters of the core."""
    return [letter for letter in post.letters() if letter.consumer == "api"]
