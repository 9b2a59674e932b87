"""Webhooks over HTTP, for sellers: where their systems want to be told what, and what came of it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request

from api.auth import Conn, SellerCaller
from api.edge import Route
from api.errors import CursorInvalid, NotFound, SecretShown, VersionConflict, WebhookDisabled
from api.idempotency import Once
from api.pagination import Keyset, Page
from api.problems import problems
from api.shown_once import shows_once
from api.webhooks import queries, service
from api.webhooks.models import webhook_deliveries
from api.webhooks.schemas import (
    DeliveriesWanted,
    DeliveryAnswer,
    EndpointAnswer,
    EndpointChange,
    Endpoints,
    MadeEndpoint,
    NewEndpoint,
)

router = APIRouter(prefix="/v1/sellers/me/webhooks", tags=["webhooks"], route_class=Route)


def _inside(request: Request) -> bool:
    allowed: bool = request.app.state.settings.webhooks_inside
    return allowed


@router.post("", status_code=201, summary="Have a system told", dependencies=[Once], responses=problems(SecretShown))
async def create_webhook(body: NewEndpoint, caller: SellerCaller, request: Request, conn: Conn) -> MadeEndpoint:
    """Calls are signed as Standard Webhooks says; the secret is shown this once.

    A repeat under the same Idempotency-Key makes none, and says which one was made (409 `secret-shown`).
    """
    row = await service.create(conn, caller.seller_id, body.model_dump(), inside=_inside(request))
    shows_once(request, row.id)
    return MadeEndpoint.model_validate(row)


@router.get("", summary="Addresses that are told")
async def list_webhooks(caller: SellerCaller, conn: Conn) -> Endpoints:
    """Each with whether it takes what it is told."""
    rows = await queries.of_seller(conn, caller.seller_id)
    return Endpoints(items=[EndpointAnswer.model_validate(row) for row in rows])


@router.patch(
    "/{endpoint_id}",
    summary="Change an address",
    dependencies=[Once],
    responses=problems(NotFound, VersionConflict),
)
async def update_webhook(
    endpoint_id: UUID, body: EndpointChange, caller: SellerCaller, request: Request, conn: Conn
) -> EndpointAnswer:
    """What waits is told to the new address."""
    row = await queries.one(conn, caller.seller_id, endpoint_id, lock=True)
    changes = body.model_dump(exclude_unset=True, exclude={"expected_version"})
    changed = await service.change(conn, row, changes, body.expected_version, inside=_inside(request))
    return EndpointAnswer.model_validate(changed)


@router.delete("/{endpoint_id}", status_code=204, summary="Take an address away", responses=problems(NotFound))
async def delete_webhook(endpoint_id: UUID, caller: SellerCaller, conn: Conn) -> None:
    """What still waits for it is not told any more."""
    await service.remove(conn, caller.seller_id, endpoint_id)


@router.post(
    "/{endpoint_id}/test",
    status_code=202,
    summary="Try an address out",
    responses=problems(NotFound, WebhookDisabled),
)
async def try_webhook(endpoint_id: UUID, caller: SellerCaller, conn: Conn) -> EndpointAnswer:
    """Tells it the event `webhook.test`; look at the deliveries for what came of it."""
    row = await queries.one(conn, caller.seller_id, endpoint_id, lock=True)
    await service.try_out(conn, row)
    return EndpointAnswer.model_validate(row)


@router.get("/{endpoint_id}/deliveries", summary="What was told", responses=problems(NotFound, CursorInvalid))
async def list_webhook_deliveries(
    endpoint_id: UUID,
    wanted: Annotated[DeliveriesWanted, Query()],
    caller: SellerCaller,
    request: Request,
    conn: Conn,
) -> Page[DeliveryAnswer]:
    """The newest first; kept for 30 days."""
    await queries.one(conn, caller.seller_id, endpoint_id)
    columns, secret = webhook_deliveries.c, request.app.state.settings.cursor_secret
    filters = wanted.filters | {"endpoint_id": endpoint_id}
    keyset = Keyset(secret, "-created_at", columns.created_at, columns.id, filters)
    return (await keyset.read(conn, queries.deliveries(endpoint_id, wanted.filters), wanted)).of(DeliveryAnswer)


@router.post(
    "/{endpoint_id}/deliveries/{delivery_id}/resend",
    status_code=202,
    summary="Tell it once more",
    responses=problems(NotFound, WebhookDisabled),
)
async def resend_webhook_delivery(
    endpoint_id: UUID, delivery_id: UUID, caller: SellerCaller, conn: Conn
) -> DeliveryAnswer:
    """At once, under the same id, whatever came of it before."""
    row = await queries.one(conn, caller.seller_id, endpoint_id, lock=True)
    return DeliveryAnswer.model_validate(await service.resend(conn, row, delivery_id))
