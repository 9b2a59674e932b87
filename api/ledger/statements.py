"""A seller's month: what was due before, what moved, what is due after, per currency, out of journal lines alone."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from api.ledger.queries import BALANCE_ACCOUNTS

DECEMBER = 12

_STATEMENT = text("""
SELECT currency,
       CAST(coalesce(sum(minor) FILTER (WHERE at < :since), 0) AS bigint) AS opening_minor,
       CAST(coalesce(sum(minor) FILTER (WHERE at >= :since AND account = 'sales'), 0) AS bigint) AS sales_minor,
       CAST(coalesce(sum(minor) FILTER (WHERE at >= :since AND account = 'discounts'), 0) AS bigint) AS discounts_minor,
       CAST(coalesce(sum(minor) FILTER (WHERE at >= :since AND account = 'refunds'), 0) AS bigint) AS refunds_minor,
       CAST(coalesce(sum(minor) FILTER (WHERE at >= :since AND account = 'shipping_income'), 0) AS bigint)
           AS shipping_minor,
       CAST(coalesce(sum(minor) FILTER (WHERE at >= :since AND account = 'commission_charged'), 0) AS bigint)
           AS commission_minor,
       CAST(coalesce(sum(minor) FILTER (WHERE at >= :since AND account = 'payouts'), 0) AS bigint) AS payouts_minor,
       CAST(sum(minor) AS bigint) AS closing_minor
FROM (
    SELECT e.currency, e.occurred_at AS at, l.account, l.credit_minor - l.debit_minor AS minor
    FROM journal_lines l JOIN journal_entries e ON e.id = l.entry_id
    WHERE l.seller_id = :seller_id AND l.account = ANY(CAST(:accounts AS text[])) AND e.occurred_at < :until
) AS moved
GROUP BY currency ORDER BY currency
""")


def span(month: str) -> tuple[datetime, datetime]:
    """The first moment of a month such as 2026-11, UTC, and the first of the next one."""
    year, number = (int(part) for part in month.split("-"))
    since = datetime(year, number, 1, tzinfo=UTC)
    return since, since.replace(year=year + number // DECEMBER, month=number % DECEMBER + 1)


async def of_month(conn: AsyncConnection, seller_id: UUID, month: str) -> list[Row[Any]]:
    """A row per currency with the columns of StatementAnswer; entries count by the day they were booked, UTC."""
    since, until = span(month)
    values = {"seller_id": seller_id, "since": since, "until": until, "accounts": list(BALANCE_ACCOUNTS)}
    return [*(await conn.execute(_STATEMENT, values)).all()]
