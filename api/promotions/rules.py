"""Which values of a promotion go together, and which change when: pure, for new ones and for changes."""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

VALUES = frozenset({"value_bp", "value_minor", "currency", "min_subtotal_minor", "max_discount_minor"})
NEXT: MappingProxyType[str, frozenset[str]] = MappingProxyType(
    {
        "draft": frozenset({"active", "ended"}),
        "active": frozenset({"paused", "ended"}),
        "paused": frozenset({"active", "ended"}),
        "ended": frozenset(),
    }
)


class Fault(NamedTuple):
    """A field of a promotion that cannot be as it is, and the mend."""

    field: str
    message: str
    code: str = "conflict"

    @property
    def entry(self) -> dict[str, str]:
        """As a problem document names it."""
        return {"field": f"body.{self.field}", "message": self.message, "code": self.code}


def faults(values: Mapping[str, Any]) -> list[Fault]:
    """What in the values of a promotion contradicts another."""
    return [fault for fault in (*_of_value(values), *_of_others(values)) if fault]


def _of_value(values: Mapping[str, Any]) -> list[Fault | None]:
    kind, amounts = values["kind"], ("value_minor", "min_subtotal_minor", "max_discount_minor")
    unpriced = values["currency"] is None and any(values[name] for name in amounts)
    return [
        _wanted("value_bp", values["value_bp"], wanted=kind == "percent", kind=kind),
        _wanted("value_minor", values["value_minor"], wanted=kind == "fixed", kind=kind),
        Fault("currency", "is needed with an amount", "missing") if unpriced else None,
    ]


def _wanted(field: str, value: object, *, wanted: bool, kind: str) -> Fault | None:
    if (value is not None) == wanted:
        return None
    return Fault(field, f"is needed with kind {kind}", "missing") if wanted else Fault(field, f"is not for kind {kind}")


def _of_others(values: Mapping[str, Any]) -> list[Fault | None]:
    everything, target = values["scope"] == "all", values["scope_id"]
    by_seller = values["funded_by"] == "seller"
    over = values["ends_at"] is not None and values["ends_at"] <= values["starts_at"]
    return [
        Fault("scope_id", "is not for scope all") if everything and target else None,
        Fault("scope_id", "is needed with this scope", "missing") if not everything and not target else None,
        Fault("seller_id", "is needed when a seller pays", "missing")
        if by_seller and not values["seller_id"]
        else None,
        Fault("seller_id", "is not for promotions of the platform") if not by_seller and values["seller_id"] else None,
        Fault("ends_at", "must be after starts_at") if over else None,
    ]


def only_of_a_draft(status: str, changed: Collection[str]) -> list[Fault]:
    """What is worth something changes only before anybody could count on it."""
    if status == "draft":
        return []
    return [Fault(name, "changes only in a draft", "not_draft") for name in sorted(VALUES.intersection(changed))]


def may_become(status: str, wanted: str) -> bool:
    """Whether a promotion of one status may take the other."""
    return wanted in NEXT[status]
