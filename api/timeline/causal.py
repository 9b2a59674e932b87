"""The order in which facts followed from each other (E-ORD-12); pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from heapq import heapify, heappop, heappush
from itertools import pairwise
from uuid import UUID

from streams.events import Envelope

Place = tuple[object, int, UUID]


def cause(fact: Envelope) -> UUID | None:
    """The event that a fact follows from; messages name theirs in the payload, as they leave later."""
    found: UUID | None = fact.causation_id or getattr(fact.payload, "cause_event_id", None)
    return found


def causal(facts: Iterable[Envelope]) -> list[Envelope]:
    """Each fact once: after its cause, after its aggregate's earlier ones, else by time, else as they were told.

    What would have to stand before itself stands where its time says.
    """
    known = {fact.event_id: fact for fact in facts}
    followers = _followers(known)
    waits = dict.fromkeys(known, 0)
    for event_id in (each for after in followers.values() for each in after):
        waits[event_id] += 1
    late = sorted(map(_place, known.values()), reverse=True)
    ready = [place for place in late if not waits[place[-1]]]
    heapify(ready)
    found: dict[UUID, Envelope] = {}
    while len(found) < len(known):
        event_id = heappop(ready)[-1] if ready else late.pop()[-1]
        if event_id in found:
            continue
        found[event_id] = known[event_id]
        for follower in followers[event_id]:
            waits[follower] -= 1
            if not waits[follower]:
                heappush(ready, _place(known[follower]))
    return list(found.values())


def _place(fact: Envelope) -> Place:
    return fact.occurred_at, fact.tx, fact.event_id


def _followers(known: Mapping[UUID, Envelope]) -> defaultdict[UUID, set[UUID]]:
    """What has to stand after each fact: what it caused, and the next one of its aggregate."""
    found: defaultdict[UUID, set[UUID]] = defaultdict(set)
    lives: defaultdict[UUID, list[Envelope]] = defaultdict(list)
    for fact in known.values():
        lives[fact.aggregate_id].append(fact)
        origin = cause(fact)
        if origin is not None and origin in known:
            found[origin].add(fact.event_id)
    for life in lives.values():
        for one, other in pairwise(sorted(life, key=lambda fact: (fact.aggregate_seq, _place(fact)))):
            found[one.event_id].add(other.event_id)
    return found
