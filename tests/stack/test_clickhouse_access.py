"""Who may do what in ClickHouse: each user's grants and limits, and the sellers' row filters on the real tables."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from clickhouse.access import SELLER_FILTERS, SELLER_SETTING, SELLER_VIEWS, seller_tables
from tests.conftest import clickhouse_client

ALICE, BOB = str(uuid4()), str(uuid4())
WITH_SELLER = [table for table in SELLER_FILTERS if table != "funnel_hour_state"]
ESCAPES = (
    "INSERT INTO dim_seller_state (seller_id) VALUES (generateUUIDv4())",
    "CREATE TABLE mine (a Int64) ENGINE = MergeTree ORDER BY a",
    "DROP TABLE dim_seller_state",
    "SET readonly = 0",
    "SET max_memory_usage = 100000000000",
    "SELECT * FROM system.users",
    "SELECT * FROM url('http://127.0.0.1:1/', 'TSV', 'a String')",
    "SELECT * FROM file('/etc/passwd', 'LineAsString', 'a String')",
    "SELECT file('/etc/passwd')",
    "SELECT * FROM remote('127.0.0.1', system.one)",
    "SYSTEM STOP MERGES dim_seller_state",
    "SYSTEM FLUSH LOGS",
)


@pytest.fixture(scope="module")
def two_sellers(clickhouse: Client) -> Client:
    """A row of each of two sellers in every table with sellers' rows."""
    for table in WITH_SELLER:
        columns = {row[0] for row in clickhouse.query(f"DESCRIBE TABLE {table}").result_rows}
        key = ", product_id" if "product_id" in columns else ""  # equal keys would replace each other
        for seller in (ALICE, BOB):
            value = ", generateUUIDv4()" if key else ""
            clickhouse.command(f"INSERT INTO {table} (seller_id{key}) SELECT '{seller}'{value}")
    clickhouse.command("INSERT INTO funnel_hour_state (product_id, views) SELECT product_id, 1 FROM dim_product_state")
    return clickhouse


@pytest.fixture(scope="module")
def seller_pages(two_sellers: Client, env: dict[str, str]) -> Iterator[Client]:
    with clickhouse_client(env, "seller_pages", "SELLER") as client:
        yield client


def sellers(client: Client, table: str, seller: str | None) -> set[str]:
    """The sellers whose rows a session that names `seller` can see."""
    settings = {} if seller is None else {SELLER_SETTING: seller}
    found = client.query(f"SELECT DISTINCT toString(seller_id) FROM {table}", settings=settings)
    return {row[0] for row in found.result_rows}


@pytest.mark.parametrize("table", WITH_SELLER)
def test_a_seller_sees_only_their_own_rows(seller_pages: Client, table: str) -> None:
    assert sellers(seller_pages, table, ALICE) == {ALICE}
    assert sellers(seller_pages, table, BOB) == {BOB}


@pytest.mark.parametrize("table", WITH_SELLER)
@pytest.mark.parametrize("nobody", [None, "", "all", "' OR 1 = 1 --", str(UUID(int=404))])
def test_who_names_no_known_seller_sees_nothing(seller_pages: Client, table: str, nobody: str | None) -> None:
    assert sellers(seller_pages, table, nobody) == set()


@pytest.mark.parametrize("view", SELLER_VIEWS)
def test_views_hold_no_more_than_their_tables(seller_pages: Client, view: str) -> None:
    assert seller_pages.query(f"SELECT count() FROM {view}").result_rows == [(0,)]


def test_clicks_belong_to_the_seller_of_their_product(seller_pages: Client) -> None:
    for seller, products in ((ALICE, 1), (BOB, 1), ("", 0)):
        found = seller_pages.query("SELECT uniqExact(product_id) FROM funnel_hour", settings={SELLER_SETTING: seller})
        assert found.result_rows == [(products,)]


@pytest.mark.parametrize(
    "trick",
    ["PREWHERE 1", "FINAL", "WHERE 1 OR seller_id IS NOT NULL", "AS a ANY LEFT JOIN dim_seller USING seller_id"],
)
def test_no_clause_leaves_the_filter(seller_pages: Client, trick: str) -> None:
    assert seller_pages.query(f"SELECT count() FROM dim_seller_state {trick}").result_rows == [(0,)]


def test_what_belongs_to_nobody_stays_closed_to_sellers(seller_pages: Client, clickhouse: Client) -> None:
    tables = {row[0] for row in clickhouse.query("SHOW TABLES").result_rows} - set(seller_tables())
    assert tables
    for table in tables:
        with pytest.raises(DatabaseError):
            seller_pages.query(f"SELECT * FROM {table} LIMIT 1")


def test_operators_and_the_data_team_see_every_seller(two_sellers: Client, env: dict[str, str]) -> None:
    for user, role in (("operator_pages", "OPERATOR"), ("data_ro", "DATA")):
        with clickhouse_client(env, user, role) as client:
            assert sellers(client, "dim_seller_state", None) == {ALICE, BOB}


@pytest.mark.parametrize("statement", ESCAPES)
@pytest.mark.parametrize(
    ("user", "role"), [("seller_pages", "SELLER"), ("operator_pages", "OPERATOR"), ("data_ro", "DATA")]
)
def test_readers_only_read(two_sellers: Client, env: dict[str, str], user: str, role: str, statement: str) -> None:
    with clickhouse_client(env, user, role) as client, pytest.raises(DatabaseError):
        client.command(statement)


@pytest.mark.parametrize("login", [("default", ""), ("sink", ""), ("sink", "wrong"), ("nobody", "x")])
def test_nobody_comes_in_without_a_password(clickhouse: Client, env: dict[str, str], login: tuple[str, str]) -> None:
    with pytest.raises(DatabaseError):
        clickhouse_client({**env, "ATLANTIC_CLICKHOUSE_NOBODY_PASSWORD": login[1]}, login[0], "NOBODY", database="")


def test_the_sink_stays_in_its_databases(clickhouse: Client) -> None:
    with pytest.raises(DatabaseError, match="Not enough privileges"):
        clickhouse.command("CREATE DATABASE elsewhere")
