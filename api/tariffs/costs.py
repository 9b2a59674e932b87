"""Costs of sending a parcel (R-SHP-6): base + per kg x weight rounded up, the cheapest tariff of each service."""

from collections.abc import Iterable
from datetime import date, timedelta

import msgspec

GRAMS = 1000


class Tariff(msgspec.Struct, frozen=True, kw_only=True):
    """A tariff that reaches the destination; amounts in minor units of the parcel's currency."""

    carrier: str
    service: str
    base_minor: int
    per_kg_minor: int
    min_days: int
    max_days: int


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """One way to send a parcel; `code` names it among the parcel's others."""

    code: str
    carrier: str | None
    service: str
    cost_minor: int
    min_days: int | None
    max_days: int | None

    def arrives_by(self, today: date) -> date | None:
        """The latest day on which it arrives when it leaves today."""
        return None if self.max_days is None else today + timedelta(days=self.max_days)


# Where nobody has set tariffs for a currency, sending is part of the price.
INCLUDED = Option(code="included", carrier=None, service="included", cost_minor=0, min_days=None, max_days=None)


def options(tariffs: Iterable[Tariff], grams: int) -> list[Option]:
    """The ways to send a parcel of some weight, the cheapest first; none when no tariff reaches."""
    cheapest: dict[str, Option] = {}
    for tariff in tariffs:
        option = _option(tariff, grams)
        known = cheapest.get(option.code)
        if known is None or _rank(option) < _rank(known):
            cheapest[option.code] = option
    return sorted(cheapest.values(), key=_rank)


def _option(tariff: Tariff, grams: int) -> Option:
    return Option(
        code=f"{tariff.carrier}/{tariff.service}".lower(),
        carrier=tariff.carrier,
        service=tariff.service,
        cost_minor=tariff.base_minor + tariff.per_kg_minor * -(-grams // GRAMS),
        min_days=tariff.min_days,
        max_days=tariff.max_days,
    )


def _rank(option: Option) -> tuple[int, int, str]:
    return option.cost_minor, option.max_days or 0, option.code
