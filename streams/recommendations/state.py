"""Units sold and views of each product in buckets of event time: pure, read again without harm (R-REC-1)."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec

from streams.events.ledger import JournalPosted
from streams.events.partitions import PARTITIONS
from streams.events.tracking import ClickTracked
from streams.ids import text
from streams.reading import Place
from streams.tables import Table
from streams.windows import day_of, hour_of

DAYS = 30
HOURS = 24
VIEWED = "Product Viewed"
SALE_WEIGHS = 10
"""One unit sold says as much about what is trending as this many views."""


class Activity(msgspec.Struct, kw_only=True):
    """What happened to one product, as one partition tells it.

    `units` is net of returns, of all time; `days` the same of the last 30 days; `hours_sold` and `hours_viewed` are of
    the last 24 hours. Buckets are numbers of days and hours since the epoch, the last one that is known ends the range.
    """

    ledger_at: int = -1
    clicks_at: int = -1
    units: int = 0
    days: dict[int, int] = msgspec.field(default_factory=dict)
    hours_sold: dict[int, int] = msgspec.field(default_factory=dict)
    hours_viewed: dict[int, int] = msgspec.field(default_factory=dict)


class Products:
    """The table of activity; key `partition|product`."""

    def __init__(self) -> None:
        self.table: Table[Activity] = Table("trending", Activity, "partition|product: units and views by day and hour")

    def sold(self, entry: JournalPosted, moment: datetime, place: Place) -> set[str]:
        """Take an entry: units of `sales` lines less those of `refunds` lines; the products that it changed."""
        changed = {
            key: (activity, units)
            for product_id, units in _units(entry).items()
            if (activity := self._activity(key := f"{place.partition}|{text(product_id)}")).ledger_at < place.position
        }
        for key, (activity, units) in changed.items():
            activity.ledger_at = place.position
            activity.units += units
            _add(activity.days, day_of(moment), units, DAYS)
            _add(activity.hours_sold, hour_of(moment), units, HOURS)
            self.table.put(key, activity, place.partition)
        return {key.partition("|")[2] for key in changed}

    def viewed(self, click: ClickTracked, moment: datetime, place: Place) -> None:
        """Take a click; only views of a product count."""
        if click.click_name != VIEWED or click.product_id is None:
            return
        key = f"{place.partition}|{text(click.product_id)}"
        activity = self._activity(key)
        if activity.clicks_at < place.position:
            activity.clicks_at = place.position
            _add(activity.hours_viewed, hour_of(moment), 1, HOURS)
            self.table.put(key, activity, place.partition)

    def units_sold(self, product_id: str) -> int:
        """Net units of all time, all partitions added up."""
        parts = (self.table.get(f"{partition}|{product_id}") for partition in range(PARTITIONS))
        return sum(part.units for part in parts if part is not None)

    def _activity(self, key: str) -> Activity:
        return self.table.get(key) or Activity()


def _units(entry: JournalPosted) -> dict[UUID, int]:
    units: dict[UUID, int] = {}
    for line in entry.lines:
        if line.units and line.product_id is not None and line.account in ("sales", "refunds"):
            signed = line.units if line.account == "sales" else -line.units
            units[line.product_id] = units.get(line.product_id, 0) + signed
    return units


def _add(buckets: dict[int, int], bucket: int, count: int, kept: int) -> None:
    newest = max(buckets, default=bucket)
    if bucket <= newest - kept:
        return
    buckets[bucket] = buckets.get(bucket, 0) + count
    if bucket > newest:
        for gone in [known for known in buckets if known <= bucket - kept]:
            del buckets[gone]


def popular(table: Iterable[tuple[str, Activity]], today: int) -> dict[str, int]:
    """Net units of the last 30 days by product, those above 0, partitions added up."""
    return _totals((product, _since(activity.days, today - DAYS, 1)) for product, activity in _by_product(table))


def trending(table: Iterable[tuple[str, Activity]], now_hour: int) -> dict[str, int]:
    """Score of the last 24 hours by product: views, and units weighing ten views each."""
    since = now_hour - HOURS
    return _totals(
        (product, _since(activity.hours_viewed, since, 1) + _since(activity.hours_sold, since, SALE_WEIGHS))
        for product, activity in _by_product(table)
    )


def _by_product(table: Iterable[tuple[str, Activity]]) -> Iterable[tuple[str, Activity]]:
    return ((key.partition("|")[2], activity) for key, activity in table)


def _since(buckets: dict[int, int], after: int, weight: int) -> int:
    return weight * sum(count for bucket, count in buckets.items() if bucket > after)


def _totals(scores: Iterable[tuple[str, int]]) -> dict[str, int]:
    totals: dict[str, int] = {}
    for product, score in scores:
        if score:
            totals[product] = totals.get(product, 0) + score
    return {product: score for product, score in totals.items() if score > 0}
