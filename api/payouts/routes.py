"""Payouts to sellers over HTTP (E-LED-3, E-LED-4)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request

from api.auth import Member, Operator
from api.edge import Route
from api.errors import CursorInvalid, Forbidden, NotFound, SellerInactive, WalletInsufficient
from api.idempotency import Once
from api.ledger.service import require_own
from api.pagination import Keyset, Page
from api.payments import service as payments
from api.payouts import queries, service
from api.payouts.models import payouts
from api.payouts.schemas import NewPayout, PayoutAnswer, PayoutsWanted
from api.problems import problems
from api.unit import Conn

router = APIRouter(prefix="/v1/sellers", tags=["ledger"], route_class=Route)


@router.post(
    "/{seller_id}/payouts",
    status_code=201,
    summary="Pay a seller",
    responses=problems(Forbidden, NotFound, SellerInactive, WalletInsufficient),
    dependencies=[Once],
)
async def create_payout(
    seller_id: UUID, body: NewPayout, caller: Operator, request: Request, conn: Conn
) -> PayoutAnswer:
    """At most what is due and not asked for yet; a seller that is not active gets nothing (E-LED-3, R-SEL-3)."""
    gateways: payments.Gateways = request.app.state.gateways
    payout = await service.ask(
        conn, seller_id, body.currency, body.amount_minor, by=caller.user_id, gateway=gateways.first.name
    )
    return PayoutAnswer.model_validate(payout)


@router.get("/{seller_id}/payouts", summary="A seller's payouts", responses=problems(CursorInvalid, NotFound))
async def list_payouts(
    seller_id: UUID, wanted: Annotated[PayoutsWanted, Query()], caller: Member, request: Request, conn: Conn
) -> Page[PayoutAnswer]:
    """Newest first; sellers see their own (E-LED-4)."""
    await require_own(conn, caller, seller_id)
    filters = wanted.filters | {"seller": seller_id}
    secret = request.app.state.settings.cursor_secret
    keyset = Keyset(secret, "-created_at", payouts.c.created_at, payouts.c.id, filters)
    return (await keyset.read(conn, queries.of_seller(seller_id, wanted.status), wanted)).of(PayoutAnswer)
