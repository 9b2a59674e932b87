"""Which order a fact belongs to: it names it, or it names what is one order's alone (E-ORD-12)."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

import msgspec

TOPICS = frozenset({"inventory", "promotions", "carts", "orders", "payments", "ledger", "shipping", "notifications"})
"""Where facts of orders are told."""
_NAMED = b'"order_id":"'
_UUID_LENGTH = 36


class Told(Protocol):
    """A row of the outbox: the fact's topic, and its line."""

    @property
    def topic(self) -> str: ...
    @property
    def line(self) -> bytes: ...


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


class Claims:
    """What some facts say of their orders; `hints` are ids that have to be looked up before `orders` knows them all."""

    def __init__(self, facts: Iterable[Told]) -> None:
        self._found = [(_named(fact.line) or _hint(fact)) if fact.topic in TOPICS else None for fact in facts]
        self.hints = {order.id for order in self._found if isinstance(order, _Hint)}

    def orders(self, known: Mapping[str, str]) -> list[str | None]:
        """The order of each fact, None where there is none; `known` are the orders of those hints that have one."""
        return [known.get(order.id) if isinstance(order, _Hint) else order for order in self._found]


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
