"""All that follows from a fact on an order's way in one transaction: its reactions, and those to what they tell.

The inbox is written last, with the outbox: who finds there that a fact was handled before takes everything back.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api import outbox
from api.db import transaction
from api.orders import kept
from api.reactions import Reaction
from api.webhooks import service as webhooks
from streams.events import Envelope, Event

REMEMBERED = 10_000
"""Facts whose reactions took place before they were read; of older ones the inbox knows it."""

Marks = Mapping[UUID, Sequence[Reaction]]

_TELL_AND_MARK = f"""
WITH told AS ({outbox.TELL}
), marked AS (
    INSERT INTO inbox (event_id, reaction)
    SELECT * FROM unnest(CAST(:handled AS uuid[]), CAST(:reactions AS text[])) ON CONFLICT DO NOTHING RETURNING 1
){{changed}}
SELECT (SELECT count(*) FROM marked) AS marked, {webhooks.SUBSCRIBED}
"""  # noqa: S608 - constants of ours, values are bound
_CHANGED = ", changed AS (UPDATE orders SET {assigned} WHERE id = :order_id)"


@cache
def _statement(assigned: str) -> TextClause:
    """A text for each set of columns that an order changes; none when it does not."""
    return text(_TELL_AND_MARK.format(changed=_CHANGED.format(assigned=assigned) if assigned else ""))


class Repeated(Exception):  # noqa: N818 - read as what was found out: no error
    """Some of it took effect before."""


class AtOnce:
    """Reacts to facts, and to what follows from them; `following` names the reactions to that."""

    def __init__(self, pool: AsyncEngine, following: Callable[[Event], Sequence[Reaction]]) -> None:
        self._pool, self._following = pool, following
        self._done: OrderedDict[UUID, frozenset[Reaction]] = OrderedDict()

    def left(self, fact: Envelope, reactions: Sequence[Reaction]) -> Sequence[Reaction]:
        """Those that this process knows not to have taken effect together with what the fact follows from."""
        done = self._done.get(fact.event_id, frozenset())
        return [reaction for reaction in reactions if reaction not in done]

    async def react(self, fact: Envelope, reactions: Sequence[Reaction]) -> webhooks.Subscribed:
        """Everything or nothing; what sellers' systems want to be told of it. Raises what a reaction does, Repeated."""
        async with transaction(self._pool) as conn:
            with outbox.gathering(conn) as told, kept.keeping(conn, followed=True) as orders:
                marks = await self._all(conn, fact, reactions, told)
            subscribed = await _write(conn, told, marks, orders.changes)
        self._remember(marks)
        return subscribed

    async def _all(
        self, conn: AsyncConnection, fact: Envelope, reactions: Sequence[Reaction], told: outbox.Gathered
    ) -> Marks:
        marks = {fact.event_id: reactions}
        await _each(conn, fact.payload, reactions)
        for event, event_id in tuple(told.events):
            if follow := self._following(event):
                marks[event_id] = follow
                with outbox.caused_by(event_id):
                    await _each(conn, event, follow)
        return marks

    def _remember(self, marks: Marks) -> None:
        for event_id, reactions in marks.items():
            self._done[event_id] = self._done.get(event_id, frozenset()) | frozenset(reactions)
        while len(self._done) > REMEMBERED:
            self._done.popitem(last=False)


async def _each(conn: AsyncConnection, event: Event, reactions: Sequence[Reaction]) -> None:
    """The last of the table first: those that lock stock stand at its beginning, and others wait for what they hold."""
    for reaction in reversed(reactions):
        await reaction(conn, event)


async def _write(
    conn: AsyncConnection, told: outbox.Gathered, marks: Marks, changes: Sequence[kept.Changed]
) -> webhooks.Subscribed:
    """Everything that is left, in one statement; a fact on an order's way changes no other, else a ValueError."""
    rows = [(event_id, reaction.__name__) for event_id, reactions in marks.items() for reaction in reactions]
    values = told.rows | {"handled": [event_id for event_id, _ in rows], "reactions": [name for _, name in rows]}
    assigned = ""
    if changes:
        (change,) = changes
        assigned, values = change.assigned, values | change.values
    written = (await conn.execute(_statement(assigned), values)).one()
    if written.marked != len(rows):
        raise Repeated
    return webhooks.Subscribed(written.events, written.asked_at)
