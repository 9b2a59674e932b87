"""The shopper's wallets over HTTP (E-PAY-10, E-PAY-11); top-ups go through a gateway and stand with the payments."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from api.auth import Shopper
from api.edge import Route
from api.errors import CursorInvalid
from api.pagination import Keyset, Page
from api.problems import problems
from api.schemas import Currency
from api.unit import Conn
from api.wallets import queries
from api.wallets.models import wallet_entries
from api.wallets.schemas import EntriesWanted, WalletAnswer, WalletEntryAnswer, WalletsAnswer

router = APIRouter(prefix="/v1/wallet", tags=["wallet"], route_class=Route)


@router.get("", summary="The own wallets")
async def get_wallets(caller: Shopper, conn: Conn, currency: Currency | None = None) -> WalletsAnswer:
    """What the caller keeps with the platform, by currency (E-PAY-10)."""
    rows = await queries.of_user(conn, caller.user_id, currency)
    return WalletsAnswer(items=[WalletAnswer.model_validate(row) for row in rows])


@router.get("/entries", summary="What changed the own wallets", responses=problems(CursorInvalid))
async def list_wallet_entries(
    wanted: Annotated[EntriesWanted, Query()], caller: Shopper, request: Request, conn: Conn
) -> Page[WalletEntryAnswer]:
    """Newest first (E-PAY-11)."""
    filters = wanted.filters | {"caller": caller.user_id}
    entry = wallet_entries.c
    keyset = Keyset(request.app.state.settings.cursor_secret, "-created_at", entry.created_at, entry.id, filters)
    statement = queries.entries_of(caller.user_id, wanted.currency, wanted.cause_type)
    return (await keyset.read(conn, statement, wanted)).of(WalletEntryAnswer)
