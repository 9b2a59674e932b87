"""A town with two shops in ClickHouse, tokens for its people, and pages run by Streamlit's own tester."""

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
import streamlit as st
from clickhouse_connect.driver.client import Client
from joserfc.jwk import OKPKey
from streamlit.testing.v1 import AppTest

from api.tokens import Identity, mint
from dashboards import current
from dashboards.sessions import Tokens
from dashboards.settings import dashboard_settings
from tests.audit.shops import Town, fill

PAGES = Path(__file__).parents[2] / "dashboards" / "pages"
RUN_SECONDS = 60
Token = Callable[..., str]


@pytest.fixture(scope="module")
def town(clickhouse: Client) -> Town:
    """What the shops did, in this module's ClickHouse."""
    built = Town()
    fill(built, None, clickhouse)
    return built


@pytest.fixture(autouse=True)
def _fresh(env: dict[str, str]) -> Iterator[None]:
    """No answer, client or setting of another module's database."""
    for forget in (
        st.cache_data.clear,
        st.cache_resource.clear,
        dashboard_settings.cache_clear,
        current.sessions.cache_clear,
    ):
        forget()
    yield
    st.cache_resource.clear()


@pytest.fixture
def token(env: dict[str, str]) -> Token:
    """Mint an access token as the api does."""

    def minted(seller_id: uuid.UUID | None = None, *roles: str, key: OKPKey | None = None, minutes: float = 15) -> str:
        ends = datetime.now(UTC) + timedelta(minutes=minutes)
        identity = Identity(uuid.uuid4(), frozenset(roles or ("seller",)), seller_id, uuid.uuid4(), ends)
        signing = key or OKPKey.import_key(orjson.loads(env["ATLANTIC_JWT_PRIVATE_KEY"]))
        return mint(signing, identity, datetime.now(UTC))

    return minted


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Open a page with an access token in the cookies; `query` is what stands in the address."""

    def opened(page: str, access: str | None, **query: str) -> AppTest:
        monkeypatch.setattr(current, "tokens", lambda: Tokens(access, "") if access else None)
        tester = AppTest.from_file(str(PAGES / f"{page}.py"), default_timeout=RUN_SECONDS)
        for name, value in query.items():
            tester.query_params[name] = value
        return tester.run()

    return opened


def tiles(page: AppTest) -> dict[str, str]:
    """Name and value of every tile."""
    return {metric.label: metric.value for metric in page.metric}
