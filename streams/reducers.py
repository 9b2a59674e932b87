"""On this event, that table: everything that the worker makes of the log, in one place."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from streams.analytics.days import Day, days_of, every_day
from streams.catalog.state import Catalog
from streams.clock import Clock
from streams.events import Envelope, Event
from streams.events import catalog as catalog_events
from streams.events import reviews as review_events
from streams.events.inventory import StockMoved
from streams.events.ledger import JournalPosted
from streams.events.progress import ProgressMarked
from streams.events.sellers import SellerCreated, SellerEvent, SellerUpdated
from streams.events.tracking import ClickTracked
from streams.ids import text
from streams.inventory.state import Stock
from streams.ledger.state import Sales
from streams.progress import Progress
from streams.reading import Place
from streams.recommendations.state import Products
from streams.reviews.state import Ratings
from streams.tables import Table
from streams.watch import READ as WATCHED
from streams.watch import Rules, Watch

_READ: tuple[type[Event], ...] = (
    SellerCreated, SellerUpdated,
    catalog_events.ProductCreated, catalog_events.ProductUpdated, catalog_events.ProductDeleted,
    catalog_events.CategoryCreated, catalog_events.CategoryUpdated,
    StockMoved, JournalPosted, ClickTracked,
    review_events.RatingAdded, review_events.RatingUpdated, review_events.RatingDeleted,
    review_events.CommentCreated, review_events.CommentDeleted, ProgressMarked, *WATCHED,
)  # fmt: skip
WANTED = frozenset(event.name for event in _READ)
SOURCES = (
    "sellers", "catalog", "inventory", "ledger", "reviews", "carts", "orders", "payments", "shipping", "tracking",
)  # fmt: skip
"""Topics that the worker reads."""


class SetAside(msgspec.Struct, frozen=True, kw_only=True):
    """A line that was set aside, and the position of the one replay that was taken for it."""

    replayed_at: int | None = None


class Touched:
    """Products whose published views have fallen behind the tables, by view.

    Redis: `stock`, `versions` and `ratings`, and `days` of sales; search documents, whole or single fields:
    `documents`, `in_stock`, `rated` and `units`.
    """

    def __init__(self) -> None:
        self.stock: set[str] = set()
        self.versions: set[str] = set()
        self.documents: set[str] = set()
        self.in_stock: set[str] = set()
        self.ratings: set[str] = set()
        self.rated: set[str] = set()
        self.units: set[str] = set()
        self.days: set[Day] = set()
        self.lists = True


class Reducers:
    """All tables and the rules that fill them; `is_told`: of a signal's id, whether an earlier start has written it."""

    def __init__(
        self, rules: Rules | None = None, clock: Clock | None = None, is_told: Callable[[UUID], bool] = lambda _: False
    ) -> None:
        self.progress = Progress()
        self.clock = clock or Clock()
        self.watch = Watch(rules or Rules(), self.clock, is_told)
        self.catalog = Catalog()
        self.stock = Stock()
        self.sales = Sales()
        self.products = Products()
        self.ratings = Ratings()
        self.set_aside: Table[SetAside] = Table("set_aside", SetAside, "letter: a line that could not be read")
        self.touched = Touched()

    @property
    def tables(self) -> tuple[Table[Any], ...]:
        """Every table but the progress marks, which are stored after these."""
        catalog = self.catalog
        return (
            catalog.sellers, catalog.categories, catalog.products, self.stock.table, *self.sales.tables,
            self.products.table, self.ratings.table, self.set_aside, *self.watch.tables,
        )  # fmt: skip

    def apply(self, envelope: Envelope, place: Place) -> list[Envelope]:
        """Take one event; the signals that follow from it."""
        match envelope.payload:
            case StockMoved() as moved:
                return [*self._stock(envelope, moved, place), *self.watch.apply(envelope, place)]
            case JournalPosted() as entry:
                self._sales(entry, envelope.occurred_at, place)
            case ClickTracked() as click:
                self.products.viewed(click, envelope.occurred_at, place)
                self.touched.lists = True
            case review_events.ReviewEvent() as review:
                self._rating(review, place)
            case ProgressMarked() as mark:
                before = self.progress.marked_at(place.topic, place.partition)
                self.clock.marked(place.topic, place.partition, mark.marked_at, before)
                self.progress.apply(mark, place)
            case (
                catalog_events.CategoryState() | catalog_events.ProductState() | catalog_events.ProductDeleted()
                | SellerEvent()
            ):  # fmt: skip
                return self._catalog(envelope, place)
            case _:
                return self.watch.apply(envelope, place)
        return []

    def _catalog(self, envelope: Envelope, place: Place) -> list[Envelope]:
        changed = self.catalog.apply(envelope, place)
        self.touched.documents |= changed
        self.touched.versions |= changed
        self.touched.lists |= bool(changed)
        return self.watch.price(envelope) if changed else []

    def _stock(self, envelope: Envelope, moved: StockMoved, place: Place) -> list[Envelope]:
        key = text(moved.product_id)
        before = self.stock.table.get(key)
        was_available = before.available if before else None
        signals = self.stock.apply(envelope, place, self.catalog.threshold(moved.seller_id))
        available = self.stock.table.values[key].available
        if available != was_available:
            self.touched.stock.add(key)
            if was_available is None or (available > 0) != (was_available > 0):
                self.touched.in_stock.add(key)
        return signals

    def _sales(self, entry: JournalPosted, moment: datetime, place: Place) -> None:
        self.sales.apply(entry, moment, place, self.progress.marked_at(place.topic, place.partition))
        self.touched.days |= days_of(entry, moment)
        self.touched.units |= self.products.sold(entry, moment, place)
        self.touched.lists = True

    def _rating(self, review: review_events.ReviewEvent, place: Place) -> None:
        key = self.ratings.apply(review, place)
        if key is not None:
            self.touched.ratings.add(key)
            self.touched.rated.add(key)

    def take_replay(self, letter: str, place: Place) -> bool:
        """Whether a replayed line is news here: it was set aside by this worker, and no other replay was taken."""
        known = self.set_aside.get(letter)
        if known is None or known.replayed_at not in (None, place.position):
            return False
        self.set_aside.put(letter, SetAside(replayed_at=place.position), place.partition)
        return True

    def put_aside(self, letter: str, partition: int) -> None:
        """Remember that a line was set aside."""
        if self.set_aside.get(letter) is None:
            self.set_aside.put(letter, SetAside(), partition)

    def touch_cached(self) -> None:
        """Mark all that Redis holds as fallen behind: after a start, or when it may have lost some."""
        self.touched.stock |= self.stock.table.values.keys()
        self.touched.versions |= self.catalog.products.values.keys()
        self.touched.ratings |= self.ratings.products()
        self.touched.lists = True
        self.touch_days()

    def touch_days(self) -> None:
        """Mark all days of sales that Redis holds as fallen behind."""
        self.touched.days |= every_day(self.sales)

    def touch_documents(self) -> None:
        """Mark all search documents as fallen behind."""
        self.touched.documents |= self.catalog.products.values.keys()
