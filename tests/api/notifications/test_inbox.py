"""The inbox over HTTP: readable, countable, one's own (E-NOT-1, E-NOT-2, E-NOT-4, E-NOT-5)."""

from contextlib import closing
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from streams.events.users import UserUpdated
from tests import shop
from tests.api.notifications.conftest import Db, Happened, messages, user_of
from tests.outbox import told


def write(operator: httpx2.Client, user: UUID, subject: str = "Hello", **more: Any) -> str:
    body = {"user_id": str(user), "type": "refund_update", "subject": subject, "content": "Some news.",
            "channels": ["in_app"], **more}  # fmt: skip
    answer = operator.post("/notifications", json=body).raise_for_status().json()
    found: str = answer["ids"][0]
    return found


def test_the_inbox_is_read_page_by_page(reader: httpx2.Client, operator: httpx2.Client) -> None:
    """E-NOT-1: the newest first, unread_count, cursors bound to their filter."""
    user = user_of(reader)
    written = [write(operator, user, f"News {number}") for number in range(5)]
    first = reader.get("/notifications", params={"limit": 3}).raise_for_status().json()
    assert [item["id"] for item in first["items"]] == written[:1:-1]
    assert first["unread_count"] == 5
    assert first["items"][0]["subject"] == "News 4"
    assert (first["items"][0]["content"], first["items"][0]["read"]) == ("Some news.", False)
    second = reader.get("/notifications", params={"limit": 3, "cursor": first["next_cursor"]}).json()
    assert ([item["id"] for item in second["items"]], second["next_cursor"]) == (written[1::-1], None)
    altered = reader.get("/notifications", params={"unread": True, "cursor": first["next_cursor"]})
    assert altered.json()["type"] == "/problems/cursor-invalid"


def test_reading_counts_once_and_keeps_its_time(reader: httpx2.Client, operator: httpx2.Client, db: Db) -> None:
    """E-NOT-2: the body may be left out; V-NOT-3 is told once, also when it was marked unread in between."""
    name = write(operator, user_of(reader))
    read = reader.patch(f"/notifications/{name}/read").raise_for_status().json()
    again = reader.patch(f"/notifications/{name}/read", json={"read": True}).raise_for_status().json()
    assert read["read_at"] == again["read_at"] is not None
    assert reader.get("/notifications").json()["unread_count"] == 0
    assert reader.get("/notifications", params={"unread": True}).json()["items"] == []
    assert reader.get("/notifications", params={"unread": False}).json()["items"][0]["id"] == name
    unread = reader.patch(f"/notifications/{name}/read", json={"read": False}).json()
    assert (unread["read"], unread["read_at"]) == (False, None)
    reader.patch(f"/notifications/{name}/read").raise_for_status()
    assert told(db, "notification.read", name) == [{"notification_id": name, "type": "refund_update"}]


def test_messages_of_others_are_not_there(api: str, reader: httpx2.Client, operator: httpx2.Client) -> None:
    """R-API-9."""
    name = write(operator, user_of(reader))
    with closing(shop.account(api)) as other:
        assert other.patch(f"/notifications/{name}/read").status_code == 404
        assert other.get("/notifications").json() == {"items": [], "next_cursor": None, "unread_count": 0}
    assert reader.patch(f"/notifications/{uuid4()}/read").status_code == 404
    with httpx2.Client() as nobody:
        assert nobody.get(f"{api}/v1/notifications").status_code == 401


@pytest.mark.parametrize(("query", "field"), [({"channel": "pigeon"}, "query.channel"), ({"type": "x"}, "query.type"),
                                              ({"sort": "created_at"}, "query.sort"), ({"who": "me"}, "query.who"),
                                              ({"limit": 101}, "query.limit")])  # fmt: skip
def test_wrong_filters_are_named(reader: httpx2.Client, query: dict[str, Any], field: str) -> None:
    refused = reader.get("/notifications", params=query)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)


def test_other_channels_are_there_for_the_asking(reader: httpx2.Client, operator: httpx2.Client) -> None:
    """E-NOT-1: channel and type filter; the inbox itself stays as it is."""
    user = user_of(reader)
    write(operator, user, channels=["email", "in_app"])
    (mail,) = reader.get("/notifications", params={"channel": "email"}).json()["items"]
    assert (mail["channel"], mail["status"]) == ("email", "pending")
    assert reader.get("/notifications", params={"type": "welcome"}).json()["items"] == []
    assert len(reader.get("/notifications", params={"type": "refund_update"}).json()["items"]) == 1


def test_preferences_hold_and_order_messages_by_mail_stay(
    reader: httpx2.Client, operator: httpx2.Client, db: Db, happened: Happened
) -> None:
    """E-NOT-4, E-NOT-5: what is switched off does not come; what binds cannot be switched off."""
    user = user_of(reader)
    known = reader.get("/notifications/preferences").raise_for_status().json()["items"]
    assert {"type": "order_confirmation", "channel": "email", "enabled": True, "fixed": True} in known
    assert all(item["enabled"] for item in known)
    off = [{"type": "refund_update", "channel": "in_app", "enabled": False},
           {"type": "new_review", "channel": "email", "enabled": False}]  # fmt: skip
    for _ in range(2):
        after = reader.put("/notifications/preferences", json={"items": off}).raise_for_status().json()["items"]
    assert {**off[0], "fixed": False} in after
    assert {**off[1], "fixed": False} in after
    body = {"user_id": str(user), "type": "refund_update", "subject": "A", "content": "B"}
    assert operator.post("/notifications", json=body).json()["accepted"] == 1
    assert [row["channel"] for row in messages(db, user, type="refund_update")] == ["email"]
    bound = [off[0], {"type": "order_cancelled", "channel": "email", "enabled": False}]
    refused = reader.put("/notifications/preferences", json={"items": bound})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "body.items.1.enabled")
    db.execute("INSERT INTO notification_preferences VALUES (%s, 'account_changed', 'email', false)", [user])
    happened(UserUpdated(user_id=user, changed=("password",), roles=("shopper",), status="active"))
    assert len(messages(db, user, type="account_changed")) == 1


@pytest.mark.parametrize("items", [[], [{"type": "welcome"}], [{"type": "x", "channel": "email", "enabled": True}]])
def test_wrong_preferences_are_named(reader: httpx2.Client, items: list[Any]) -> None:
    refused = reader.put("/notifications/preferences", json={"items": items})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"].startswith("body.items")
