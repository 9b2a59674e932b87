"""PayPal's own list of transactions, for the comparison (R-PAY-15)."""

from datetime import UTC, datetime, timedelta

import msgspec

from api.payments.paypal_http import PayPalHttp, RefusedError, read
from api.payments.paypal_objects import Transaction

TRANSACTIONS = "/v1/reporting/transactions"
# https://developer.paypal.com/docs/api/transaction-search/v1
DELAY = timedelta(hours=3)
LONGEST = timedelta(days=31)
PAGE = 500


class _Detail(msgspec.Struct, frozen=True):
    transaction_info: Transaction = Transaction()


class _Found(msgspec.Struct, frozen=True):
    transaction_details: list[_Detail] = []
    total_pages: int = 1


async def transactions(http: PayPalHttp, since: datetime, until: datetime) -> list[Transaction]:
    """Each once, in PayPal's order, asked for in spans that PayPal allows; ConnectionError when it gives no list."""
    found: list[Transaction] = []
    while since < until:
        end = min(until, since + LONGEST)
        found += await _within(http, since, end)
        since = end
    return list({one.transaction_id: one for one in found}.values())


async def _within(http: PayPalHttp, since: datetime, until: datetime) -> list[Transaction]:
    asked = {"start_date": _moment(since), "end_date": _moment(until), "page_size": str(PAGE)}
    found: list[Transaction] = []
    page = pages = 1
    while page <= pages:
        try:
            told = read(await http.get(TRANSACTIONS, asked | {"page": str(page)}), _Found)
        except RefusedError as error:
            raise ConnectionError(f"paypal: {error.issue}") from error
        found += [one.transaction_info for one in told.transaction_details]
        page, pages = page + 1, told.total_pages
    return found


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
