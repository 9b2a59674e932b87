"""What the movement ledger says: the stock at a time, and the movements themselves (E-INV-8, E-INV-9)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from starlette.convertors import StringConvertor, register_url_convertor

from api import ids
from api.auth import Conn, Member
from api.edge import Route
from api.errors import CursorInvalid, NotFound
from api.inventory import queries
from api.inventory.models import stock_movements
from api.inventory.routes.owners import own
from api.inventory.schemas import Movement, MovementsWanted, StockAsOf
from api.pagination import Keyset, Page
from api.problems import problems
from api.schemas import Instant

router = APIRouter(tags=["inventory"], route_class=Route)


class Rest(StringConvertor):
    """The rest of an address, line breaks in it too."""

    regex = "(?s:.+)"


register_url_convertor("rest", Rest())


# Of an id alone: a SKU may end in these letters.
@router.get(
    "/inventory/{product_id:uuid}/movements",
    summary="Movements of a product",
    responses=problems(NotFound, CursorInvalid),
)
async def list_stock_movements(
    product_id: UUID, wanted: Annotated[MovementsWanted, Query()], caller: Member, request: Request, conn: Conn
) -> Page[Movement]:
    """Newest first (E-INV-9)."""
    await own(conn, product_id, caller)
    keyset = Keyset(
        request.app.state.settings.cursor_secret,
        "-occurred_at",
        stock_movements.c.occurred_at,
        stock_movements.c.id,
        wanted.filters | {"product_id": product_id},
    )
    return (await keyset.read(conn, queries.moved(product_id, wanted.filters), wanted)).of(Movement)


# A SKU may hold slashes: whatever is no other call is one.
@router.get("/inventory/{product:rest}", summary="Stock at a time", responses=problems(NotFound))
async def get_stock_as_of(
    product: Annotated[str, Path(max_length=50, description="id or SKU")],
    caller: Member,
    conn: Conn,
    as_of: Annotated[Instant | None, Query(description="now when absent")] = None,
) -> StockAsOf:
    """What the movement ledger says the stock was, over all buckets (E-INV-8)."""
    product_id = await _identified(conn, product)
    await own(conn, product_id, caller)
    moment = as_of or ids.now()
    rows = await queries.as_of(conn, product_id, moment)
    on_hand, reserved = sum(row.on_hand_after for row in rows), sum(row.reserved_after for row in rows)
    return StockAsOf(
        product_id=product_id,
        as_of=moment,
        on_hand=on_hand,
        reserved=reserved,
        available=on_hand - reserved,
        movement=Movement.model_validate(rows[0]) if rows else None,
    )


async def _identified(conn: Conn, product: str) -> UUID:
    try:
        return UUID(product)
    except ValueError:
        found = await queries.named(conn, product)
    if found is None:
        raise NotFound
    return found
