"""Which order a fact belongs to: it names it, or it names what is one order's alone (E-ORD-12)."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple

import msgspec

TOPICS = frozenset({"inventory", "promotions", "carts", "orders", "payments", "ledger", "shipping", "notifications"})
"""Where facts of orders are told."""
_NAMED = b'"order_id":"'
_UUID_LENGTH = 36

LookUp = Callable[[Collection[str]], Mapping[str, str]]
"""Of the ids of some payments, refunds, complaints, returns and messages: the orders of those that belong to one."""


class Told(NamedTuple):
    """A fact's topic, and its line in the outbox."""

    topic: str
    line: bytes


class _Hint(NamedTuple):
    """What the fact is about, or was caused by: it may be an order's."""

    id: str


class _Payload(msgspec.Struct, frozen=True, gc=False):
    cause_type: str | None = None
    cause_id: str | None = None


class _Fact(msgspec.Struct, frozen=True, gc=False):
    aggregate_id: str
    payload: _Payload


_decoder = msgspec.json.Decoder(_Fact)


def orders_of(facts: Iterable[Told], look_up: LookUp) -> list[str | None]:
    """The order of each fact, None where there is none; `look_up` is asked once, if at all."""
    found = [(_named(fact.line) or _hint(fact)) if fact.topic in TOPICS else None for fact in facts]
    hints = {order.id for order in found if isinstance(order, _Hint)}
    known = look_up(hints) if hints else {}
    return [known.get(order.id) if isinstance(order, _Hint) else order for order in found]


def _named(line: bytes) -> str | None:
    """In JSON these bytes stand nowhere but before that field's value: a quote inside a text is escaped."""
    at = line.find(_NAMED)
    return None if at < 0 else line[at + len(_NAMED) : at + len(_NAMED) + _UUID_LENGTH].decode()


def _hint(told: Told) -> _Hint | str | None:
    try:
        fact = _decoder.decode(told.line)
    except msgspec.MsgspecError:
        return None
    if told.topic == "notifications":
        return _Hint(fact.aggregate_id)
    cause = fact.payload
    if cause.cause_id is None or cause.cause_type == "order":
        return cause.cause_id
    return _Hint(cause.cause_id)
