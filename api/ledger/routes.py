"""The books over HTTP: journal entries for operators, a seller's own balance (E-LED-1, E-LED-2)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request

from api.auth import Member, Operator
from api.edge import Route
from api.errors import CursorInvalid, NotFound
from api.ledger import listing, queries, statements
from api.ledger.schemas import (
    BalanceAnswer,
    BalancesAnswer,
    EntriesWanted,
    EntryAnswer,
    Month,
    StatementAnswer,
    StatementsAnswer,
)
from api.ledger.service import require_own
from api.pagination import Page
from api.problems import problems
from api.schemas import Currency
from api.unit import Conn

router = APIRouter(prefix="/v1", tags=["ledger"], route_class=Route)


@router.get("/ledger/entries", summary="Journal entries", responses=problems(CursorInvalid))
async def list_ledger_entries(
    wanted: Annotated[EntriesWanted, Query()], _: Operator, request: Request, conn: Conn
) -> Page[EntryAnswer]:
    """Journal entries with their lines, newest first."""
    found, further = await listing.entries(conn, wanted, secret=request.app.state.settings.cursor_secret)
    return Page(items=[EntryAnswer.model_validate(row) for row in found], next_cursor=further)


@router.get("/sellers/{seller_id}/balance", summary="A seller's balance", responses=problems(NotFound))
async def get_seller_balance(
    seller_id: UUID, caller: Member, conn: Conn, currency: Currency | None = None
) -> BalancesAnswer:
    """What a seller has earned and what is due, per currency."""
    await require_own(conn, caller, seller_id)
    found = await queries.balances(conn, seller_id, currency)
    return BalancesAnswer(items=[_balance(code, accounts) for code, accounts in found.items()])


@router.get("/sellers/{seller_id}/statements", summary="A seller's statement of a month", responses=problems(NotFound))
async def get_seller_statements(seller_id: UUID, caller: Member, conn: Conn, month: Month) -> StatementsAnswer:
    """What was due before, what moved, and what is due after, per currency; sellers see their own."""
    await require_own(conn, caller, seller_id)
    rows = await statements.of_month(conn, seller_id, month)
    return StatementsAnswer(month=month, items=[StatementAnswer.model_validate(row) for row in rows])


def _balance(currency: str, accounts: dict[str, int]) -> BalanceAnswer:
    return BalanceAnswer(
        currency=currency,
        sales_minor=accounts.get("sales", 0),
        discounts_minor=accounts.get("discounts", 0),
        refunds_minor=accounts.get("refunds", 0),
        shipping_minor=accounts.get("shipping_income", 0),
        commission_minor=accounts.get("commission_charged", 0),
        payouts_minor=accounts.get("payouts", 0),
        due_minor=sum(accounts.values()),
    )
