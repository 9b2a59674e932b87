"""An order's timeline as its reader may see it (E-ORD-12)."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from api.auth import Identity
from api.errors import NotFound
from api.timeline import queries, sight
from api.timeline.causal import causal, cause
from api.timeline.schemas import FactAnswer, Timeline
from streams.events import Envelope, Event
from streams.events.notifications import NotificationRead

See = Callable[[Event], sight.Told | None]


async def timeline(conn: AsyncConnection, caller: Identity, name: str) -> Timeline:
    """The facts of the order of an id or order number; NotFound when the caller has nothing to do with it."""
    order = await queries.order(conn, name)
    if order is None:
        raise NotFound
    see = await _sight(conn, caller, order)
    recorded = {each.fact.event_id: each for each in await queries.facts(conn, order.id)}
    shown = _shown(causal(each.fact for each in recorded.values()), see)
    items = [_answer(fact, told, origin, recorded[fact.event_id].published) for fact, told, origin in shown]
    return Timeline(order_id=order.id, order_number=order.order_number, items=items)


async def _sight(conn: AsyncConnection, caller: Identity, order: Row[Any]) -> See:
    """What the caller sees of a fact."""
    if caller.operator:
        return sight.told
    if caller.shopped(order.user_id):
        return partial(sight.of_shopper, user_id=caller.user_id)
    own = caller.seller_id and await queries.own(conn, order.id, caller.seller_id, caller.user_id)
    if not own:
        raise NotFound
    return partial(sight.of_seller, own=own)


def _shown(facts: Iterable[Envelope], see: See) -> Iterator[tuple[Envelope, sight.Told, UUID | None]]:
    """The facts that are seen, with the nearest one that is seen among what led to each."""
    nearest: dict[UUID, UUID | None] = {}
    messages: set[UUID] = set()
    for fact in facts:
        origin = cause(fact)
        before = nearest.get(origin) if origin else None
        told = see(fact.payload)
        if isinstance(fact.payload, NotificationRead) and fact.aggregate_id in messages:
            told = sight.told(fact.payload)
        nearest[fact.event_id] = before if told is None else fact.event_id
        if told is not None:
            messages.add(fact.aggregate_id)
            yield fact, told, before


def _answer(fact: Envelope, told: sight.Told, origin: UUID | None, published: bool) -> FactAnswer:
    return FactAnswer(
        event_id=fact.event_id,
        event=fact.event,
        aggregate_type=type(fact.payload).key.removesuffix("_id"),
        aggregate_id=fact.aggregate_id,
        aggregate_seq=fact.aggregate_seq,
        occurred_at=fact.occurred_at,
        recorded_at=fact.recorded_at,
        tx=fact.tx,
        published=published,
        correlation_id=fact.correlation_id,
        causation_id=origin,
        payload=told,
    )
