"""Finds an event's class by its wire name and version."""

from streams.events import (
    carts,
    catalog,
    complaints,
    inventory,
    ledger,
    notifications,
    orders,
    payments,
    progress,
    promotions,
    reviews,
    sellers,
    shipping,
    signals,
    tracking,
    users,
)
from streams.events.envelope import Event

_MODULES = (
    users, sellers, catalog, inventory, promotions, carts, orders, complaints, payments, ledger, shipping, reviews,
    notifications, tracking, signals, progress,
)  # fmt: skip


def _named(base: type[Event]) -> list[type[Event]]:
    return [c for sub in base.__subclasses__() for c in ([sub] if "name" in vars(sub) else []) + _named(sub)]


def _vocabulary() -> dict[tuple[str, int], type[Event]]:
    found: dict[tuple[str, int], type[Event]] = {}
    for cls in _named(Event):
        if missing := [word for word in ("topic", "key", "landing") if not hasattr(cls, word)]:
            raise TypeError(f"the event {cls.__name__} says no {' and no '.join(missing)}: see Event")
        if (other := found.setdefault((cls.name, cls.version), cls)) is not cls:
            raise TypeError(f"{cls.__name__} and {other.__name__} are both {cls.name!r} version {cls.version}")
    return found


EVENTS: dict[tuple[str, int], type[Event]] = _vocabulary()

FACT_TOPICS: tuple[str, ...] = (
    "users", "sellers", "catalog", "inventory", "promotions", "carts", "orders", "payments", "ledger", "shipping",
    "reviews", "notifications",
)  # fmt: skip
CLICK_TOPIC = "tracking"
SIGNAL_TOPIC = "signals"
DEAD_LETTER_TOPIC = "dead_letters"
TOPICS: tuple[str, ...] = (*FACT_TOPICS, CLICK_TOPIC, SIGNAL_TOPIC, DEAD_LETTER_TOPIC)


def event_class(name: str, version: int) -> type[Event]:
    """The class of a wire name and version; KeyError when the vocabulary has none."""
    return EVENTS[name, version]
