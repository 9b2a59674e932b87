"""The whole way: an order is paid, and its people read of it, in time (R-NOT-1, R-NOT-8)."""

import email
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx2
import pytest

from tests import shop
from tests.api.notifications.conftest import Db, user_of
from tests.api.reactor.order import order_of, reaches
from tests.api.running import reactor, relay
from tests.line import eventually
from tests.outbox import told


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def live(api: str, home: Path, kafka_bootstrap: str) -> Iterator[str]:
    """An api whose facts are relayed and reacted to, and whose mail lands in files."""
    with relay(), reactor(api_url=api, home=home):
        yield api


def test_an_order_is_told_on_all_ways_within_seconds(live: str, home: Path, seller: httpx2.Client, db: Db) -> None:
    """R-NOT-1, R-NOT-8, R-NOT-4: the inbox, a mail that opens, and the seller's; p99 below 5 s."""
    with closing(shop.account(live)) as buyer:
        order_id = order_of(buyer, shop.product(seller, price=1200, stock=10))
        shop.pay(buyer, order_id).raise_for_status()
        order = reaches(buyer, order_id, "processing")
        confirmed = {"type": "order_confirmation"}
        inbox = eventually(lambda: buyer.get("/notifications", params=confirmed).json()["items"])
        assert inbox
        assert inbox[0]["target"]["label"] == order["order_number"]
        assert buyer.get("/notifications").json()["unread_count"] >= 1
        sent = eventually(
            lambda: [row for row in _mails(db, buyer) if row[2] == "sent" and row[1] == "order_confirmation"]
        )
        assert sent
        path = home / "outbox" / "email" / f"{sent[0][0]}.eml"
        mail = email.message_from_bytes(path.read_bytes())
        assert (mail["To"], order["order_number"] in str(mail["Subject"])) == (buyer.headers["X-Person"], True)
    assert eventually(lambda: seller.get("/notifications", params={"type": "new_order"}).json()["items"])
    waited = [fact["waited_ms"] for row in sent for fact in _facts(db, str(row[0]))]
    assert all(one < 5_000 for one in waited)


def _mails(db: Db, client: httpx2.Client) -> list[tuple[object, str, str]]:
    rows = db.execute("SELECT id, type, status FROM notifications WHERE user_id = %s AND channel = 'email'",
                      [user_of(client)]).fetchall()  # fmt: skip
    return [(row[0], row[1], row[2]) for row in rows]


def _facts(db: Db, notification_id: str) -> list[dict[str, int]]:
    return told(db, "notification.sent", notification_id)
