"""Sellers see their own rows and nothing else, whatever a page asks (R-ANA-6); databases know nothing of each other."""

import uuid
from datetime import UTC, datetime

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from clickhouse import client as roles
from clickhouse.access import SELLER_FILTERS, SELLER_VIEWS, seller_tables
from clickhouse.client import one
from clickhouse.migrate import migrate
from clickhouse.settings import ClickHouseSettings
from streams.events.ledger import JournalLine
from tests.clickhouse.log_lines import entry, envelope
from tests.clickhouse.test_marts import land, moved, product_created

SELLERS = [uuid.uuid4(), uuid.uuid4()]
PRODUCTS = [uuid.uuid4(), uuid.uuid4()]


@pytest.fixture(scope="module")
def shop(clickhouse: Client) -> Client:
    """Two sellers with a sale, a product and stock each."""
    for number, (seller, product) in enumerate(zip(SELLERS, PRODUCTS, strict=True)):
        sold = JournalLine(line_no=1, account="sales", seller_id=seller, product_id=product, credit_minor=100, units=1)
        paid = JournalLine(line_no=2, account="gateway_clearing", debit_minor=100)
        land(clickhouse, [entry([sold, paid], at=datetime.now(UTC))], "ledger")
        land(clickhouse, [envelope(product_created(product, seller), seq=1)], "catalog")
        land(clickhouse, [moved(uuid.uuid4(), product, 5 + number, 0, 1)], "inventory")
    return clickhouse


def test_every_seller_sees_only_own_rows(shop: Client) -> None:
    """In the views, in the tables under them, and when another seller is asked for."""
    own = roles.seller_pages(SELLERS[0])
    assert own.query("SELECT DISTINCT seller_id FROM books_day").result_rows == [(SELLERS[0],)]
    assert own.query("SELECT DISTINCT seller_id FROM landing_journal_lines").result_rows == [(SELLERS[0],)]
    assert own.query("SELECT product_id, orders FROM funnel_hour").result_rows == [(PRODUCTS[0], 1)]
    other = {"s": SELLERS[1]}
    for table in ("books_day", "ledger_account_day", "sales_product_hour", "dim_product", "landing_journal_lines"):
        assert one(own, f"SELECT count() FROM {table} WHERE seller_id = {{s:UUID}}", other) == (0,)
        assert one(shop, f"SELECT count() FROM {table} WHERE seller_id = {{s:UUID}}", other)[0] > 0


def test_without_a_seller_nothing_is_seen(shop: Client) -> None:
    """A page that binds no seller, or nonsense, gets no rows; not even the platform's own."""
    nobody = roles.seller_pages(SELLERS[0])
    nobody.set_client_setting("log_comment", "1 OR 1")
    for table in (*SELLER_FILTERS, *SELLER_VIEWS):
        assert one(nobody, f"SELECT count() FROM {table}") == (0,), table


def test_everything_else_is_refused(shop: Client) -> None:
    """The role can read the named tables only, and write nothing."""
    own = roles.seller_pages(SELLERS[0])
    for query in (
        "SELECT 1 FROM events",
        "SELECT 1 FROM landing_orders",
        "INSERT INTO landing_signals (topic) VALUES ('x')",
    ):
        with pytest.raises(DatabaseError, match="Not enough privileges"):
            own.query(query)


def test_the_list_of_filters_is_whole(shop: Client) -> None:
    """A table with a column seller_id that the role may read has a filter."""
    rows = shop.query("SELECT table FROM system.columns WHERE database = database() AND name = 'seller_id'").result_rows
    views = set(SELLER_VIEWS)
    assert {row[0] for row in rows} & set(seller_tables()) - views <= set(SELLER_FILTERS)
    tables = shop.query("SELECT name FROM system.tables WHERE database = database()").result_rows
    assert set(SELLER_FILTERS) <= {name for (name,) in tables}


def test_two_databases_are_two_worlds(shop: Client, env: dict[str, str]) -> None:
    """Views of one database fill tables of that database, whoever migrated first."""
    name = f"{env['ATLANTIC_CLICKHOUSE_DATABASE']}_twin"
    settings = ClickHouseSettings(database=name)
    migrate(settings)
    try:
        twin = roles.sink(settings)
        before = one(shop, "SELECT count() FROM books_day")
        sold = JournalLine(line_no=1, account="sales", seller_id=uuid.uuid4(), credit_minor=1, units=1)
        land(twin, [entry([sold], at=datetime.now(UTC))], "ledger")
        assert one(twin, "SELECT count() FROM books_day") == (1,)
        assert one(shop, "SELECT count() FROM books_day") == before
        migrate(settings)
    finally:
        shop.command(f"DROP DATABASE {name} SYNC")
