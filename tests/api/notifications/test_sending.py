"""Messages leave once each, outside transactions, and are given up in the end (R-NOT-2)."""

import asyncio
import os
import socket
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import httpx2
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api import db as database
from api import ids
from api.channels import Message
from api.notifications import service
from api.notifications.dispatcher import Dispatcher
from api.notifications.service.delivery import LEASE_S
from streams.events.users import UserCreated, UserErased, UserUpdated
from tests.api.base.listening import heard
from tests.api.channels.mail_server import post_office
from tests.api.notifications.conftest import Db, Happened, messages, sending, until, user_of
from tests.outbox import told


@pytest.fixture(autouse=True)
def _nothing_else_waits(db: Db) -> None:
    """What other tests' shoppers were to be told would go out here, and could be what fails first."""
    db.execute("DELETE FROM notifications WHERE status = 'pending'")


def welcome(user: UUID) -> UserCreated:
    return UserCreated(user_id=user, roles=("shopper",), locale="en", registered_at=ids.now())


def addressed(db: Db, user: UUID, address: str) -> None:
    db.execute("UPDATE users SET email = %s WHERE id = %s", [address, user])


def due(db: Db) -> None:
    db.execute("UPDATE notifications SET next_attempt_at = now() WHERE status = 'pending'")


def waits(db: Db, user: UUID) -> tuple[int, float]:
    row = db.execute(
        "SELECT attempts, extract(epoch FROM next_attempt_at - updated_at)::float FROM notifications "
        "WHERE user_id = %s AND status = 'pending'", [user],
    ).fetchone()  # fmt: skip
    return (row[0], row[1]) if row else (0, 0.0)


async def test_a_message_leaves_under_its_own_id_and_says_so(db: Db, reader: httpx2.Client, happened: Happened) -> None:
    """R-NOT-2: the provider's key is the message's id; V-NOT-1 tells how long it waited."""
    user = user_of(reader)
    cause = await asyncio.to_thread(happened, welcome(user))
    (row,) = messages(db, user)
    assert (row["status"], row["channel"], row["cause_event_id"]) == ("pending", "email", cause)
    with post_office() as (post, port):
        async with sending(mail_url=f"smtp+plain://127.0.0.1:{port}"):
            await until(lambda: messages(db, user, status="sent"))
    (mail,) = post.to(reader.headers["X-Person"])
    assert mail["Message-ID"] == f"<{row['id']}@atlantic.example>"
    (after,) = messages(db, user)
    assert (after["attempts"], after["version"], after["provider_reference"]) == (1, 1, mail["Message-ID"])
    (fact,) = told(db, "notification.sent", row["id"])
    assert 0 <= fact.pop("waited_ms") < 10_000
    assert fact == {"notification_id": str(row["id"]), "type": "welcome", "user_id": str(user), "channel": "email",
                    "cause_event_id": str(cause), "attempts": 1}  # fmt: skip


async def test_it_is_tried_five_times_more_and_then_given_up(db: Db, reader: httpx2.Client, happened: Happened) -> None:
    """R-NOT-2: after 10 x 2^n seconds; V-NOT-2 with a code."""
    user = user_of(reader)
    addressed(db, user, f"busy-{user}@example.org")
    await asyncio.to_thread(happened, welcome(user))
    seen: list[float] = []

    def tried(times: int) -> Callable[[], bool]:
        return lambda: waits(db, user)[0] == times and round(waits(db, user)[1]) != LEASE_S

    with post_office() as (post, port):
        async with sending(mail_url=f"smtp+plain://127.0.0.1:{port}"):
            for attempt in range(1, 6):
                await until(tried(attempt))
                seen.append(round(waits(db, user)[1]))
                due(db)
            await until(lambda: messages(db, user, status="failed"))
    assert seen == [10, 20, 40, 80, 160]
    assert not post.to(f"busy-{user}@example.org")
    (row,) = messages(db, user)
    (fact,) = told(db, "notification.failed", row["id"])
    assert (row["attempts"], fact["reason"], fact["attempts"]) == (6, "recipient_refused", 6)


async def test_an_address_that_is_gone_is_given_up_at_once(db: Db, reader: httpx2.Client, happened: Happened) -> None:
    user = user_of(reader)
    addressed(db, user, f"gone-{user}@example.org")
    await asyncio.to_thread(happened, welcome(user))
    with post_office() as (_, port):
        async with sending(mail_url=f"smtp+plain://127.0.0.1:{port}"):
            await until(lambda: messages(db, user, status="failed"))
    assert messages(db, user)[0]["attempts"] == 1


async def test_while_the_provider_is_away_only_one_message_tries(
    db: Db, reader: httpx2.Client, happened: Happened
) -> None:
    """R-NOT-2: an outage does not use up the attempts of everything that waits."""
    user = user_of(reader)
    for _ in range(5):
        await asyncio.to_thread(happened, welcome(user))
    async with sending(mail_url="smtp+plain://127.0.0.1:9"):
        await until(lambda: sum(row["attempts"] for row in messages(db, user)) == 1)
        await asyncio.sleep(0.7)
    assert sorted(row["attempts"] for row in messages(db, user)) == [0, 0, 0, 0, 1]
    due(db)
    with post_office() as (post, port):
        async with sending(mail_url=f"smtp+plain://127.0.0.1:{port}"):
            await until(lambda: len(messages(db, user, status="sent")) == 5)
    assert len(post.to(reader.headers["X-Person"])) == 5


async def test_two_senders_send_each_message_once(db: Db, reader: httpx2.Client, happened: Happened) -> None:
    """R-NOT-2: rows are taken with SKIP LOCKED."""
    user = user_of(reader)
    for _ in range(30):
        await asyncio.to_thread(happened, welcome(user))
    with post_office() as (post, port):
        url = f"smtp+plain://127.0.0.1:{port}"
        async with sending(mail_url=url), sending(mail_url=url):
            await until(lambda: len(messages(db, user, status="sent")) == 30)
    names = [mail["Message-ID"] for mail in post.to(reader.headers["X-Person"])]
    assert (len(names), len(set(names))) == (30, 30)


async def test_a_sender_that_died_leaves_its_messages_to_the_next(
    db: Db, reader: httpx2.Client, happened: Happened, tmp_path: Path
) -> None:
    """R-NOT-2, R-ORD-10: nobody takes them before the lease ends, within a minute; they go out under the same id."""
    user = user_of(reader)
    await asyncio.to_thread(happened, welcome(user))
    pool = database.engine(os.environ["ATLANTIC_POSTGRES_DSN"], size=1)
    async with database.transaction(pool) as conn:
        await service.claim(conn, "email")
    await pool.dispose()
    assert 0 < waits(db, user)[1] < 60
    async with sending(home=tmp_path):
        await asyncio.sleep(0.8)
        assert messages(db, user, status="pending")
        due(db)
        await until(lambda: messages(db, user, status="sent"))
    (row,) = messages(db, user)
    assert row["attempts"] == 2
    assert str(row["id"]) in {path.stem for path in (tmp_path / "outbox" / "email").iterdir()}


async def test_a_slow_sender_gives_back_what_it_cannot_send_in_time(
    db: Db, reader: httpx2.Client, happened: Happened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-NOT-2: before its lease ends, at once for others, and without counting an attempt."""
    user = user_of(reader)
    for _ in range(3):
        await asyncio.to_thread(happened, welcome(user))
    with monkeypatch.context() as slow:
        slow.setattr(service, "SENDING_S", 0)
        async with sending(home=tmp_path):
            await asyncio.sleep(0.8)
    assert waits(db, user)[0] == 0
    assert len(messages(db, user, status="pending")) == 3
    async with sending(home=tmp_path):
        await until(lambda: len(messages(db, user, status="sent")) == 3, within=5)
    assert {row["attempts"] for row in messages(db, user)} == {1}


async def test_a_mail_server_that_hangs_holds_up_no_other_channel(
    db: Db, reader: httpx2.Client, operator: httpx2.Client, happened: Happened, tmp_path: Path
) -> None:
    """Each channel has its own pace."""
    user = user_of(reader)
    await asyncio.to_thread(happened, welcome(user))
    body = {"user_id": str(user), "type": "welcome", "template": "welcome", "channels": ["sms", "push", "whatsapp"]}
    assert operator.post("/notifications", json=body).json()["accepted"] == 3
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"smtp+plain://127.0.0.1:{silent.getsockname()[1]}"
        async with sending(mail_url=url, home=tmp_path):
            await until(lambda: len(messages(db, user, status="sent")) == 3, within=5)
            assert len(messages(db, user, status="pending")) == 1
            silent.close()
    recipients = {row["channel"]: row["recipient"] for row in messages(db, user, status="sent")}
    assert recipients == {"sms": "+6281234567890", "whatsapp": "+6281234567890", "push": str(user)}


def test_a_message_with_a_gap_fails_instead_of_leaving(
    db: Db, reader: httpx2.Client, happened: Happened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-NOT-3: in production a missing variable is a failed message, told with a code; the cause is handled."""
    monkeypatch.setattr("api.notifications.service.accounts.WORTH_TELLING", ("email", "shoe_size"))
    user = user_of(reader)
    happened(UserUpdated(user_id=user, changed=("shoe_size",), roles=("shopper",), status="active"))
    (row,) = messages(db, user)
    assert (row["status"], row["content"]) == ("failed", None)
    assert told(db, "notification.failed", row["id"])[0]["reason"] == "template_incomplete"


def test_nothing_of_an_erased_account_is_kept_or_sent(db: Db, reader: httpx2.Client, happened: Happened) -> None:
    """R-USR-15."""
    user = user_of(reader)
    happened(welcome(user))
    happened(UserErased(user_id=user))
    (row,) = messages(db, user)
    assert (row["status"], row["recipient"], row["content"], row["data"]) == ("withdrawn", "", None, None)


async def test_what_leaves_within_a_moment_is_noted_together(
    pool: AsyncEngine, db: Db, reader: httpx2.Client, happened: Happened
) -> None:
    """A claim, a note and the look for what is due, however many there are; a slow one holds up no note."""
    user = user_of(reader)
    for _ in range(4):
        await asyncio.to_thread(happened, welcome(user))
    slow = asyncio.Event()
    left: list[UUID] = []

    class Provider:
        async def send(self, message: Message) -> str:
            left.append(message.id)
            if len(left) == 4:
                await slow.wait()
            return "taken"

        async def close(self) -> None: ...

    post, stop = (
        Dispatcher(pool, Provider(), public_url="http://127.0.0.1", secret="a secret of links"),
        asyncio.Event(),
    )
    with heard() as statements:
        running = asyncio.create_task(post.run(stop))
        await until(lambda: len(messages(db, user, status="sent")) == 3)
        assert len(left) == 4
        slow.set()
        await until(lambda: len(messages(db, user, status="sent")) == 4)
        stop.set()
        await running
    assert sum("provider_reference" in one for one in statements) <= 2, statements
