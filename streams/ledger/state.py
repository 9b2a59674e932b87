"""Sums of journal lines per seller, currency and window of event time: pure, additive, read again without harm.

An entry stands in the partition of its own id, so a seller's window is one partial sum per partition; a reader adds
them. A value carries the position up to which its partition is in it: an entry that is read again changes nothing.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from streams.events.ledger import JournalLine, JournalPosted
from streams.ids import text
from streams.reading import Place
from streams.tables import Table
from streams.views import ALL
from streams.windows import DAY_S, HOUR_S, MINUTE_S, is_final, label, start_of, start_of_label

MINUTES_KEPT_S = 3 * HOUR_S
HOURS_KEPT_S = 8 * DAY_S
"""An entry may come up to seven days late and revises its hour then (R-ANA-4)."""
DAYS_KEPT_S = 396 * DAY_S
"""13 months, as clicks; ClickHouse and the ledger itself keep every day."""

Whose = tuple[str, str]
"""Seller id and currency."""


class Sums(msgspec.Struct, kw_only=True):
    """The columns of the books (ARCHITECTURE.md, "The books"), in minor units of the key's currency, and units."""

    gross_minor: int = 0
    discount_minor: int = 0
    refund_minor: int = 0
    tax_minor: int = 0
    shipping_minor: int = 0
    commission_minor: int = 0
    units: int = 0
    units_returned: int = 0
    orders: int = 0

    @property
    def net_minor(self) -> int:
        """What remains of gross after discounts, refunds and tax."""
        return self.gross_minor - self.discount_minor - self.refund_minor - self.tax_minor

    def add(self, other: "Sums") -> None:
        """Add another's columns."""
        self.gross_minor += other.gross_minor
        self.discount_minor += other.discount_minor
        self.refund_minor += other.refund_minor
        self.tax_minor += other.tax_minor
        self.shipping_minor += other.shipping_minor
        self.commission_minor += other.commission_minor
        self.units += other.units
        self.units_returned += other.units_returned
        self.orders += other.orders


COLUMNS = Sums.__struct_fields__


class Window(Sums, kw_only=True):
    """Sums of one window in one partition; `revisions` counts entries that came after the window was final."""

    at: int = -1
    revisions: int = 0


def sums_by_seller(entry: JournalPosted) -> dict[UUID, Sums]:
    """What one entry adds to each seller's columns."""
    found: dict[UUID, Sums] = {}
    for line in entry.lines:
        if line.seller_id is not None:
            sums = found.get(line.seller_id)
            if sums is None:
                sums = found[line.seller_id] = Sums()
            _count(sums, entry.kind, line)
    return found


def _count(sums: Sums, kind: str, line: JournalLine) -> None:
    debit, credit = line.debit_minor, line.credit_minor
    match line.account:
        case "sales":
            sums.units += line.units or 0
            if kind == "sale":
                sums.gross_minor += credit
                sums.orders = 1
        case "tax_payable":
            sums.tax_minor += credit - debit
            if kind == "sale":
                sums.gross_minor += credit
            elif kind == "refund":
                sums.refund_minor += debit
        case "refunds":
            sums.refund_minor += debit
            sums.units_returned += line.units or 0
        case "discounts":
            sums.discount_minor += debit
        case "shipping_income":
            sums.shipping_minor += credit - debit
        case "commission_charged":
            sums.commission_minor += debit - credit


class WindowTable(Table[Window]):
    """Windows of one size, those that are `kept_s` older than the newest of their partition or than its marks are gone;
    key `partition|seller|currency|window`.

    An order of several sellers is one order of each. The rows of ALL take from the sum over sellers what it counts
    twice; they hold nothing else.
    """

    def __init__(self, name: str, size_s: int, says: str, kept_s: int) -> None:
        super().__init__(name, Window, says)
        self.size_s = size_s
        self.kept_s = kept_s
        self.whose: set[Whose] = set()
        self._newest: dict[int, int] = {}
        self._by_start: dict[int, dict[int, list[str]]] = defaultdict(dict)

    def add(self, whose: Whose, sums: Sums, moment: datetime, place: Place, marked: datetime | None) -> bool:
        """Add an entry's sums to its window; whether they were new."""
        start = start_of(moment, self.size_s)
        if self._is_gone(start, place.partition, marked):
            return False
        key = f"{place.partition}|{whose[0]}|{whose[1]}|{label(start, self.size_s)}"
        window = self.values.get(key)
        if window is None:
            window = Window()
            self._know(whose, start, key, place.partition)
        elif place.position <= window.at:
            return False
        window.add(sums)
        window.at = place.position
        window.revisions += is_final(start, self.size_s, marked)
        self.put(key, window, place.partition)
        return True

    def _know(self, whose: Whose, start: int, key: str, partition: int) -> None:
        self.whose.add(whose)
        self._by_start[partition].setdefault(start, []).append(key)

    def at(self, start: int) -> Iterator[tuple[Whose, Window]]:
        """The windows that begin at a moment, of every seller, currency and partition."""
        for by_start in self._by_start.values():
            for key in by_start.get(start, ()):
                _, seller_id, currency, _ = key.split("|")
                yield (seller_id, currency), self.values[key]

    def starts(self) -> set[int]:
        """When windows begin, in seconds of the epoch."""
        return {start for by_start in self._by_start.values() for start in by_start}

    def _is_gone(self, start: int, partition: int, marked: datetime | None) -> bool:
        # An entry that is dated ahead of the marks must not age the others.
        reached = start if marked is None else min(start, int(marked.timestamp()))
        newest = self._newest[partition] = max(self._newest.get(partition, reached), reached)
        return start <= newest - self.kept_s or (marked is not None and start <= marked.timestamp() - self.kept_s)

    def load(self, stored: Mapping[str, bytes], partitions: Mapping[str, int]) -> None:
        """Become what was stored."""
        super().load(stored, partitions)
        self._newest, self.whose = {}, set()
        self._by_start.clear()
        for key, partition in self.partitions.items():
            _, seller_id, currency, name = key.split("|")
            start = start_of_label(name)
            self._know((seller_id, currency), start, key, partition)
            self._newest[partition] = max(start, self._newest.get(partition, start))

    def forget_old(self) -> None:
        """Drop the windows that are `kept_s` older than the newest of their partition."""
        for partition, newest in self._newest.items():
            by_start = self._by_start[partition]
            for start in [start for start in by_start if start <= newest - self.kept_s]:
                for key in by_start.pop(start):
                    self.drop(key)


class Sales:
    """The three tables of money."""

    def __init__(self) -> None:
        self.hours = WindowTable(
            "seller_sales", HOUR_S, "partition|seller|currency|hour: sales by event time, 8 days", HOURS_KEPT_S
        )
        self.minutes = WindowTable(
            "seller_sales_minute", MINUTE_S, "partition|seller|currency|minute: the last hours", MINUTES_KEPT_S
        )
        self.days = WindowTable(
            "seller_earnings", DAY_S, "partition|seller|currency|day: the books, 13 months (R-LED-5)", DAYS_KEPT_S
        )

    @property
    def tables(self) -> tuple[WindowTable, ...]:
        """Hours, minutes, days."""
        return self.hours, self.minutes, self.days

    def forget_old(self) -> None:
        """Drop the windows that nobody asks for any more."""
        for table in self.tables:
            table.forget_old()

    def apply(self, entry: JournalPosted, moment: datetime, place: Place, marked: datetime | None) -> None:
        """Take an entry of event time `moment`; `marked` is the last progress mark before it in its partition."""
        found = sums_by_seller(entry)
        for seller_id, sums in found.items():
            for table in self.tables:
                table.add((text(seller_id), entry.currency), sums, moment, place, marked)
        twice = sum(sums.orders for sums in found.values()) - 1
        if twice > 0:
            for table in self.tables:
                table.add((ALL, entry.currency), Sums(orders=-twice), moment, place, marked)


def whole(table: WindowTable) -> Iterator[tuple[str, Sums]]:
    """The windows of all partitions added up: `seller|currency|window` and its sums."""
    added: dict[str, Sums] = {}
    for key, window in table.values.items():
        name = key.partition("|")[2]
        added.setdefault(name, Sums()).add(window)
    yield from sorted(added.items())
