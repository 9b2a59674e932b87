"""API keys over HTTP, for sellers who are signed in themselves: a key makes no keys."""

from uuid import UUID

from fastapi import APIRouter, Request

from api.auth import Conn, SellerCaller
from api.edge import Route
from api.errors import NotFound, SecretShown, ValidationFailed
from api.idempotency import Once
from api.keys import queries, service
from api.keys.schemas import KeyAnswer, Keys, MadeKey, NewKey
from api.problems import problems
from api.shown_once import shows_once

router = APIRouter(prefix="/v1/sellers/me/keys", tags=["keys"], route_class=Route)


@router.post(
    "",
    status_code=201,
    summary="Make an API key",
    dependencies=[Once],
    responses=problems(ValidationFailed, SecretShown),
)
async def create_api_key(body: NewKey, caller: SellerCaller, request: Request, conn: Conn) -> MadeKey:
    """For a system of the seller's own; send it as `Authorization: Bearer`. The secret is shown this once.

    A repeat under the same Idempotency-Key makes none, and says which one was made (409 `secret-shown`).
    """
    row, key = await service.create(conn, caller, body.model_dump())
    shows_once(request, row.id)
    return MadeKey.model_validate({**row._mapping, "key": key})


@router.get("", summary="API keys")
async def list_api_keys(caller: SellerCaller, conn: Conn) -> Keys:
    """The newest first, each with when it was last used, to the minute."""
    return Keys(items=[KeyAnswer.model_validate(row) for row in await queries.of_seller(conn, caller.seller_id)])


@router.delete(
    "/{key_id}", status_code=204, summary="Revoke an API key", dependencies=[Once], responses=problems(NotFound)
)
async def revoke_api_key(key_id: UUID, caller: SellerCaller, conn: Conn) -> None:
    """From the next call on it is 401; a repeat changes nothing."""
    await service.revoke(conn, caller.seller_id, key_id)
