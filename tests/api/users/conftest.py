"""An api whose mail and SMS end in files that the tests can read."""

import email
import json
from collections.abc import Iterator
from contextlib import closing
from email.policy import default
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest

from tests import shop
from tests.api.conftest import NOBODY_LISTENS
from tests.api.serving import serving
from tests.api.users.post import Codes


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("post")


@pytest.fixture(scope="module")
def api(pg: str, redis_url: str, home: Path) -> Iterator[str]:
    """An api whose mail and SMS end in files that the test can read."""
    with serving(rate_limits=False, kafka_bootstrap=NOBODY_LISTENS, home=home, platform_currency="GBP") as address:
        yield address


@pytest.fixture
def codes(home: Path) -> Codes:
    """The codes that somebody was sent, the oldest first."""

    def sent(recipient: str) -> list[str]:
        mails = [
            email.message_from_bytes(path.read_bytes(), policy=default)
            for path in sorted(home.glob("outbox/email/[!.]*.eml"))
        ]
        texts = [str(mail.get_content()) for mail in mails if mail["To"] == recipient]
        records = [json.loads(path.read_bytes()) for path in sorted(home.glob("outbox/sms/[!.]*.json"))]
        texts += [record["text"] for record in records if record["recipient"] == recipient]
        return [text.split(" ")[0] for text in texts]

    return sent


@pytest.fixture
def admin(api: str, db: psycopg.Connection[tuple[Any, ...]]) -> Iterator[httpx2.Client]:
    """A signed-in admin."""
    with closing(shop.account(api)) as client:
        db.execute("UPDATE users SET roles = '{shopper,admin}' WHERE email = %s", [client.headers["X-Person"]])
        shop.sign_in_again(client)
        yield client
