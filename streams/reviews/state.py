"""Ratings and comments of each product: pure, additive, read again without harm (R-REV-3).

A review stands in the partition of its own id, so a product's ratings are one partial sum per partition; a reader adds
them. A value carries the position up to which its partition is in it: a fact that is read again changes nothing.
"""

import msgspec

from streams.events.partitions import PARTITIONS
from streams.events.reviews import (
    CommentCreated,
    CommentDeleted,
    RatingAdded,
    RatingDeleted,
    RatingUpdated,
    ReviewEvent,
)
from streams.ids import text
from streams.reading import Place
from streams.tables import Table

STARS = 5


class Rated(msgspec.Struct, kw_only=True):
    """What can be seen of a product's reviews, as one partition tells it; `histogram` counts 1, 2, 3, 4 and 5."""

    at: int = -1
    sum: int = 0
    count: int = 0
    histogram: list[int] = msgspec.field(default_factory=lambda: [0] * STARS)
    comments: int = 0

    def add(self, rating: int, times: int) -> None:
        """Let a rating join, or with -1 leave."""
        self.sum += times * rating
        self.count += times
        self.histogram[rating - 1] += times


class Ratings:
    """The table of ratings; key `partition|product`."""

    def __init__(self) -> None:
        self.table: Table[Rated] = Table("ratings", Rated, "partition|product: sum, count and histogram of its ratings")

    def apply(self, event: ReviewEvent, place: Place) -> str | None:
        """Take a fact; the product whose average it may change."""
        product = text(event.product_id)
        key = f"{place.partition}|{product}"
        rated = self.table.get(key) or Rated()
        if place.position <= rated.at:
            return None
        rated.at = place.position
        _count(rated, event)
        self.table.put(key, rated, place.partition)
        return None if isinstance(event, CommentCreated | CommentDeleted) else product

    def of(self, product_id: str) -> Rated:
        """All partitions added up."""
        whole = Rated()
        for partition in range(PARTITIONS):
            part = self.table.get(f"{partition}|{product_id}")
            if part is not None:
                whole.sum += part.sum
                whole.count += part.count
                whole.histogram = [mine + more for mine, more in zip(whole.histogram, part.histogram, strict=True)]
                whole.comments += part.comments
        return whole

    def products(self) -> set[str]:
        """Products that were ever rated."""
        return {key.partition("|")[2] for key in self.table.values}


def _count(rated: Rated, event: ReviewEvent) -> None:
    match event:
        case RatingAdded():
            rated.add(event.rating, 1)
        case RatingUpdated():
            rated.add(event.rating_before, -1)
            rated.add(event.rating, 1)
        case RatingDeleted():
            rated.add(event.rating_before, -1)
        case CommentCreated():
            rated.comments += 1
        case CommentDeleted():
            rated.comments -= 1
