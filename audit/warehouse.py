"""ClickHouse's side of the books: the cut, the landed lines below it, and whether each mart is what was landed."""

from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from clickhouse_connect.driver.client import Client

from audit.cells import PLATFORM, Amounts, Cell, Difference
from clickhouse import client as roles
from clickhouse.queries import question

PAGE = "audit"
LINE_MEASURES = ("debit_minor", "credit_minor", "units")

# The marts and their measures, in the order of the query of the same name.
MARTS: dict[str, tuple[str, ...]] = {
    "ledger_account_day": ("debit_minor", "credit_minor"),
    "books_day": (
        "gross_minor", "discount_minor", "refund_minor", "net_minor", "tax_minor", "shipping_minor", "commission_minor",
        "units", "units_returned", "orders",
    ),
    "sales_product_hour": (
        "gross_minor", "discount_minor", "refund_minor", "tax_minor", "units", "units_returned",
    ),
}  # fmt: skip


class Cut(NamedTuple):
    """Up to which transaction ClickHouse is complete, when that was recorded, and how many partitions say so."""

    complete_to: int
    recorded_at: datetime
    partitions: int


class Checked(NamedTuple):
    """A mart held against the landed lines."""

    cells: int
    differences: list[Difference]


def cut(client: Client) -> Cut:
    """The cut of this moment; no partitions when nothing has landed yet."""
    complete_to, recorded_at, partitions = roles.one(client, question(PAGE, "cut"))
    return Cut(complete_to, recorded_at.replace(tzinfo=UTC), partitions)


def lines(client: Client, complete_to: int) -> dict[Cell, Amounts]:
    """Debit, credit and units of every cell of the landed lines with tx below the cut, in the core's words."""
    rows = client.query(question(PAGE, "lines"), {"cut": complete_to}).result_rows
    return {Cell(*row[:4]): tuple(row[4:]) for row in rows}


def check(client: Client, mart: str) -> Checked:
    """Hold one mart against the landed lines, both as they stand."""
    cells, wrong = roles.one(client, question(PAGE, mart))
    found = [
        Difference(mart, Cell(*key), measure, expected, have)
        for *key, wants, haves in sorted(wrong)
        for measure, expected, have in zip(MARTS[mart], wants, haves, strict=True)
        if expected != have
    ]
    return Checked(cells, found)


def slugs(client: Client) -> dict[UUID, str]:
    """What people call the sellers."""
    rows = client.query(question(PAGE, "slugs")).result_rows
    return {PLATFORM: "platform", **{seller_id: slug for seller_id, slug in rows}}
