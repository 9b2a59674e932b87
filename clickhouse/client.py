"""Connections to ClickHouse, one kind per role: what a role may do is enforced by the server, not here."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from pydantic import SecretStr

from clickhouse.access import SELLER_SETTING
from clickhouse.settings import ClickHouseSettings

CONNECT_SECONDS = 5
ANSWER_SECONDS = 60


def sink(settings: ClickHouseSettings | None = None) -> Client:
    """The only role that writes; large batches go in as they are, never through the server's own batching."""
    chosen = settings or ClickHouseSettings()
    return _client(chosen, "sink", chosen.sink_password, {"async_insert": 0})


def operator_pages(settings: ClickHouseSettings | None = None, patience: int = ANSWER_SECONDS) -> Client:
    """Reads everything, for operators' pages and the audit."""
    chosen = settings or ClickHouseSettings()
    return _client(chosen, "operator_pages", chosen.operator_password, {}, patience)


def data_ro(settings: ClickHouseSettings | None = None) -> Client:
    """The data team's read-only role, limited in memory and time."""
    chosen = settings or ClickHouseSettings()
    return _client(chosen, "data_ro", chosen.data_password, {})


def seller_pages(seller_id: UUID, settings: ClickHouseSettings | None = None, patience: int = ANSWER_SECONDS) -> Client:
    """Reads one seller's rows: the server filters every table by the seller bound here."""
    chosen = settings or ClickHouseSettings()
    return _client(chosen, "seller_pages", chosen.seller_password, {SELLER_SETTING: str(seller_id)}, patience)


def one(client: Client, query: str, parameters: dict[str, Any] | None = None) -> Sequence[Any]:
    """The first row of a query that always has one."""
    row = client.query(query, parameters).first_row
    if row is None:
        raise LookupError(f"no row came back for: {query[:200]}")
    return row


def _client(
    settings: ClickHouseSettings,
    user: str,
    password: SecretStr,
    bound: dict[str, str | int],
    patience: int = ANSWER_SECONDS,
) -> Client:
    return clickhouse_connect.get_client(
        dsn=settings.url,
        username=user,
        password=password.get_secret_value(),
        database=settings.database,
        connect_timeout=CONNECT_SECONDS,
        send_receive_timeout=patience,
        settings=bound,
        autogenerate_session_id=False,
        compress=False,
        client_name="atlantic",
    )
