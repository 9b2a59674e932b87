"""Marketing goes to those who agreed, once a day, and ends with one click (R-NOT-5, R-NOT-6)."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx2
import pytest

from api import ids
from api.notifications.service import unsubscribe_url
from api.settings import Settings
from streams.events.promotions import PromotionChanged, PromotionPublished
from tests.api.channels.mail_server import post_office
from tests.api.notifications.conftest import Db, Happened, messages, sending, until, user_of

NEWS = {"audience": "shoppers", "type": "promote", "template": "promote", "data": {"headline": "Sale <b>", "code": ""}}


@pytest.fixture
def agreed(reader: httpx2.Client, db: Db) -> UUID:
    """A shopper who wants to hear of promotions, the only one."""
    user = user_of(reader)
    db.execute("DELETE FROM notifications")
    db.execute("UPDATE users SET marketing_consent = (id = %s)", [user])
    return user


def promotion(db: Db, status: str = "active", *, begins: int = 0, ends: int | None = None) -> dict[str, Any]:
    """A promotion that begins and ends so many days from now, as its facts tell of it."""
    promotion_id, now = ids.new(), ids.now()
    starts_at, ends_at = now + timedelta(days=begins), None if ends is None else now + timedelta(days=ends)
    db.execute("INSERT INTO promotions (id, code, name, kind, value_bp, funded_by, starts_at, ends_at, status) "
               "VALUES (%s, %s, 'Ten percent', 'percent', 1000, 'platform', %s, %s, %s)",
               [promotion_id, f"C{promotion_id.hex[-8:]}", starts_at, ends_at, status])  # fmt: skip
    return {"promotion_id": promotion_id, "kind": "percent", "scope": "all", "funded_by": "platform",
            "starts_at": starts_at, "ends_at": ends_at, "has_code": True, "status": status}  # fmt: skip


async def test_it_goes_to_those_who_agreed_with_a_way_out(
    agreed: UUID, operator: httpx2.Client, db: Db, tmp_path: Path
) -> None:
    """R-NOT-5: consent, a link in the text and in the headers; R-NOT-7: escaped."""
    answer = operator.post("/notifications", json=NEWS).raise_for_status().json()
    assert answer["accepted"] == len(answer["ids"]) == 2
    assert {row["user_id"] for row in _all(db)} == {agreed}
    with post_office() as (post, port):
        async with sending(mail_url=f"smtp+plain://127.0.0.1:{port}", home=tmp_path):
            await until(lambda: len(messages(db, agreed, status="sent")) == 2)
    (mail,) = post.to(messages(db, agreed, channel="email")[0]["recipient"])
    link = mail["List-Unsubscribe"].strip("<>")
    text, html = (str(part.get_payload(decode=True), "utf-8") for part in list(mail.walk())[1:])  # type: ignore[arg-type]
    assert link.startswith("https://shop.example/v1/notifications/unsubscribe?token=")
    assert link in text
    assert "Sale &lt;b&gt;" in html
    assert all(link not in row["content"] for row in messages(db, agreed))


def _all(db: Db) -> list[dict[str, Any]]:
    rows = db.execute("SELECT user_id FROM notifications WHERE type = 'promote'").fetchall()
    return [{"user_id": row[0]} for row in rows]


def test_at_most_one_a_day(agreed: UUID, operator: httpx2.Client, db: Db) -> None:
    """R-NOT-5: counted by the day that has passed, whoever asks."""
    assert operator.post("/notifications", json=NEWS).json()["accepted"] == 2
    assert operator.post("/notifications", json=NEWS).json() == {"accepted": 0, "ids": []}
    one = {"user_id": str(agreed), "type": "promote", "template": "promote", "data": NEWS["data"]}
    assert operator.post("/notifications", json=one).json()["accepted"] == 0
    db.execute("UPDATE notifications SET created_at = now() - interval '25 hours'")
    assert operator.post("/notifications", json=one).json()["accepted"] == 2


def test_not_without_consent_nor_against_preferences(
    agreed: UUID, reader: httpx2.Client, operator: httpx2.Client, db: Db
) -> None:
    """R-NOT-5."""
    off = [{"type": "promote", "channel": "push", "enabled": False}]
    reader.put("/notifications/preferences", json={"items": off}).raise_for_status()
    assert operator.post("/notifications", json=NEWS).json()["accepted"] == 1
    db.execute("DELETE FROM notifications")
    db.execute("UPDATE users SET marketing_consent = false")
    assert operator.post("/notifications", json=NEWS).json()["accepted"] == 0
    one = {"user_id": str(agreed), "type": "promote", "template": "promote", "data": NEWS["data"]}
    assert operator.post("/notifications", json=one).json()["accepted"] == 0


def test_a_sellers_buyers_are_those_who_bought(agreed: UUID, seller: httpx2.Client, operator: httpx2.Client) -> None:
    """E-NOT-3."""
    body = {**NEWS, "audience": "buyers", "seller_id": seller.headers["X-Seller"]}
    assert operator.post("/notifications", json=body).json()["accepted"] == 0


def test_the_link_ends_it_without_signing_in(agreed: UUID, api: str, operator: httpx2.Client, db: Db) -> None:
    """R-NOT-5: looking changes nothing, one click does, twice is fine; what waits is withdrawn (R-NOT-6)."""
    operator.post("/notifications", json=NEWS).raise_for_status()
    db.execute("UPDATE users SET locale = 'de' WHERE id = %s", [agreed])
    link = urlsplit(unsubscribe_url(api, Settings().cursor_secret, agreed))  # type: ignore[call-arg]
    with httpx2.Client(base_url=api) as anybody:
        asked = anybody.get(f"{link.path}?{link.query}")
        assert (asked.status_code, asked.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert "Solche Nachrichten abbestellen" in asked.text
        assert {row["status"] for row in messages(db, agreed)} == {"pending"}
        for _ in range(2):
            done = anybody.post(f"{link.path}?{link.query}", data={"List-Unsubscribe": "One-Click"})
            assert (done.status_code, "Erledigt" in done.text) == (200, True)
        assert anybody.post(f"{link.path}?{link.query[:-2]}AA").status_code == 404
        assert anybody.post(f"{link.path}?token=ä").status_code == 404
        assert anybody.post(link.path).status_code == 422
    assert {row["status"] for row in messages(db, agreed)} == {"withdrawn"}
    db.execute("DELETE FROM notifications")
    assert operator.post("/notifications", json=NEWS).json()["accepted"] == 0


def test_a_published_promotion_is_announced_if_it_asks_for_it(agreed: UUID, db: Db, happened: Happened) -> None:
    """13.5: promote follows from promotion.published, once however often the fact arrives (R-NOT-1)."""
    state = promotion(db)
    happened(PromotionPublished(**state, announce=False))
    assert not messages(db, agreed)
    cause = happened(PromotionPublished(**state, announce=True))
    happened(PromotionPublished(**state, announce=True), cause)
    rows = messages(db, agreed)
    assert [(row["channel"], row["cause_event_id"]) for row in rows] == [("email", cause), ("push", cause)]
    assert rows[0]["data"]["headline"] == "Ten percent"


def test_a_promotion_that_is_over_is_not_told_any_more(agreed: UUID, db: Db, happened: Happened) -> None:
    """R-NOT-6: what waits becomes withdrawn, and does not count as the message of the day."""
    state = promotion(db)
    happened(PromotionPublished(**state, announce=True))
    happened(PromotionChanged(**{**state, "status": "paused"}, changed=("status",)))
    assert {row["status"] for row in messages(db, agreed)} == {"withdrawn"}
    happened(PromotionPublished(**promotion(db, "ended"), announce=True))
    happened(PromotionPublished(**promotion(db, begins=-2, ends=-1), announce=True))
    assert len(messages(db, agreed)) == 2
    happened(PromotionPublished(**promotion(db), announce=True))
    assert len(messages(db, agreed, status="pending")) == 2


def test_an_end_that_is_moved_into_the_past_calls_it_off(agreed: UUID, db: Db, happened: Happened) -> None:
    """R-NOT-6: as over as a promotion that is ended by its status."""
    state = promotion(db, begins=-2)
    happened(PromotionPublished(**state, announce=True))
    happened(PromotionChanged(**{**state, "ends_at": ids.now() - timedelta(days=1)}, changed=("ends_at",)))
    assert {row["status"] for row in messages(db, agreed)} == {"withdrawn"}


def test_a_promotion_that_is_still_to_begin_says_when(agreed: UUID, db: Db, happened: Happened) -> None:
    """13.5: its code is not taken before."""
    state = promotion(db, begins=2)
    happened(PromotionPublished(**state, announce=True))
    (told, _) = messages(db, agreed)
    assert told["data"]["starts_on"] == state["starts_at"].date().isoformat()
