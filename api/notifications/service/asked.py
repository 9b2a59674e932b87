"""Messages that somebody asks for: to an account, about an order's status, or to an audience (E-NOT-3)."""

from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids
from api.columns import Json
from api.errors import NotFound, OrderState, ValidationFailed
from api.notifications import queries
from api.notifications.schemas import NewMessage
from api.notifications.service.orders import about, arrival, asked_for, cancellation, confirmation, parcel_left
from api.notifications.service.promotions import Promoted, promote
from api.notifications.service.writing import Draft, write
from api.notifications.wording import Unrenderable, render
from api.orders import queries as orders

OWN_WORDS = "message"
STANDS = frozenset({"paid", "processing"})

_PARCEL = text(
    "SELECT carrier, tracking_number FROM shipments WHERE order_id = :order_id AND kind = 'outbound' "
    "AND status NOT IN ('pending', 'cancelled') ORDER BY shipped_at DESC NULLS LAST LIMIT 1"
)
_REFUNDED = text("SELECT CAST(coalesce(sum(refunded_minor), 0) AS bigint) FROM payments WHERE order_id = :order_id")
_TO_WALLET = text("SELECT bool_and(target = 'wallet') FROM refunds WHERE order_id = :order_id AND status = 'succeeded'")


class Asked(NamedTuple):
    """How many messages were accepted, and the ids of the first hundred."""

    accepted: int
    ids: list[UUID]


async def ask(conn: AsyncConnection, wanted: NewMessage) -> Asked:
    """Write what is asked for. Raises ValidationFailed, NotFound, OrderState."""
    if wanted.order_id:
        return await _of_order(conn, wanted.order_id, wanted.status or "")
    template, data = _worded(wanted)
    cause = ids.new()
    if wanted.audience or wanted.type == "promote":
        return _counted(
            await promote(
                conn,
                template,
                data,
                cause,
                channels=wanted.channels,
                user_id=wanted.user_id,
                seller_id=wanted.seller_id,
            )
        )
    if wanted.user_id is None or wanted.type is None or not await queries.people(conn, [wanted.user_id], []):
        raise NotFound
    draft = Draft(wanted.type, template, data, user_id=wanted.user_id, channels=wanted.channels)
    written = await write(conn, [draft], cause)
    return Asked(len(written), written)


def _counted(promoted: Promoted) -> Asked:
    return Asked(promoted.accepted, list(promoted.ids))


def _worded(wanted: NewMessage) -> tuple[str, Json]:
    """The template and its data; a variable that is missing is the caller's mistake."""
    template = wanted.template or OWN_WORDS
    own = {} if wanted.template else {"subject": wanted.subject, "content": wanted.content}
    data: Json = {**wanted.data, **own}
    try:
        render(template, "en", {**data, "first_name": "Ann", "locale": "en"})
    except Unrenderable as error:
        wrong = {"field": "body.data" if wanted.data or wanted.template else "body.content", "code": "template"}
        raise ValidationFailed(errors=[{**wrong, "message": f"does not fill the template: {error}"}]) from error
    return template, data


async def _of_order(conn: AsyncConnection, order_id: UUID, status: str) -> Asked:
    """The message of the status that the order has; nothing when it has been told (R-NOT-1)."""
    order = await orders.locked(conn, order_id)
    if order.status != status and not {order.status, status} <= STANDS:
        raise OrderState(status=order.status)
    draft = await _draft(conn, order, status)
    if await queries.told(conn, order.user_id, draft.template, order.id):
        return Asked(0, [])
    written = await write(conn, [draft], asked_for(order, draft.type))
    return Asked(len(written), written)


async def _draft(conn: AsyncConnection, order: Row[Any], status: str) -> Draft:
    if status in STANDS:
        return confirmation(order, await orders.lines(conn, order.id))
    if status == "shipped":
        parcel = (await conn.execute(_PARCEL, {"order_id": order.id})).one_or_none()
        carrier, number = (parcel.carrier, parcel.tracking_number) if parcel else (None, None)
        return parcel_left(order, carrier, number, fully=True)
    if status == "delivered":
        return arrival(order, fully=True)
    refunded = int(await conn.scalar(_REFUNDED, {"order_id": order.id}) or 0)
    if status == "cancelled":
        return cancellation(order, refunded + await orders.money_kept(conn, order.id))
    data = about(order, amount_minor=refunded)
    if status == "returned":
        return Draft("return_update", "return_accepted", data, user_id=order.user_id)
    wallet = bool(await conn.scalar(_TO_WALLET, {"order_id": order.id}))
    return Draft("refund_update", "refund_succeeded", {**data, "wallet": wallet}, user_id=order.user_id)
