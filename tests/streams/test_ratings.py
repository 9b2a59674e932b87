"""Ratings of a product: what they are together, and what is published of them."""

from typing import Any
from uuid import UUID

import pytest

from streams.events.reviews import CommentCreated, CommentDeleted
from streams.reading import Place
from streams.reducers import Reducers
from streams.search.documents import Numbers, live
from streams.views import average, rating_key, rating_text
from tests.streams.facts import envelope, rating

POT = UUID(int=100)
REVIEWS = [UUID(int=number) for number in range(1, 4)]


def test_what_joins_changes_and_leaves() -> None:
    """R-REV-3: the partitions of a product's reviews are added up; what is read again changes nothing."""
    reducers = Reducers()
    facts = [
        (rating(POT, REVIEWS[0], 1, after=5), Place("reviews", 0, 0, 0)),
        (rating(POT, REVIEWS[1], 1, after=4), Place("reviews", 3, 0, 0)),
        (rating(POT, REVIEWS[1], 2, before=4, after=2), Place("reviews", 3, 1, 0)),
        (rating(POT, REVIEWS[2], 1, after=1), Place("reviews", 3, 1, 1)),
        (rating(POT, REVIEWS[2], 2, before=1), Place("reviews", 3, 2, 0)),
    ]
    for fact, place in [*facts, *facts[2:]]:
        reducers.apply(fact, place)
    rated = reducers.ratings.of(str(POT))
    assert (rated.sum, rated.count, rated.histogram) == (7, 2, [0, 1, 0, 0, 1])
    assert reducers.touched.ratings == reducers.touched.rated == {str(POT)}


def test_comments_are_counted_and_publish_nothing() -> None:
    """V-REV-4, V-REV-6."""
    reducers = Reducers()
    about: dict[str, Any] = {"product_id": POT, "seller_id": UUID(int=1)}
    written = [CommentCreated(review_id=review, length=9, **about) for review in REVIEWS]
    for offset, event in enumerate([*written, CommentDeleted(review_id=REVIEWS[0], **about)]):
        reducers.apply(envelope(event), Place("reviews", 0, offset, 0))
    assert reducers.ratings.of(str(POT)).comments == 2
    assert not reducers.touched.ratings


@pytest.mark.parametrize(
    ("rating_sum", "count", "shown"),
    [(0, 0, None), (17, 4, "4.25"), (33, 8, "4.13"), (35, 8, "4.38"), (5, 1, "5.00"), (10, 3, "3.33"), (14, 3, "4.67")],
)
def test_an_average_has_two_decimals_half_up(rating_sum: int, count: int, shown: str | None) -> None:
    """R-REV-3: the same rule on every side."""
    assert average(rating_sum, count) == shown


def test_the_fields_of_a_search_document() -> None:
    """14.4: a number, to filter and sort by; none before the first rating and after the last."""
    reducers = Reducers()
    numbers = Numbers(None, reducers.ratings.of(str(POT)), 0)
    assert (live(str(POT), numbers)["rating_average"], live(str(POT), numbers)["rating_count"]) == (None, 0)
    reducers.apply(rating(POT, REVIEWS[0], 1, after=4), Place("reviews", 0, 0, 0))
    numbers = Numbers(None, reducers.ratings.of(str(POT)), 0)
    assert (live(str(POT), numbers)["rating_average"], live(str(POT), numbers)["rating_count"]) == (4.0, 1)


def test_the_key_in_redis() -> None:
    """12.3: what a page's copy is compared with."""
    assert rating_key(POT) == f"product_rating:{POT}"
    assert (rating_text("4.25", 8), rating_text(None, 0)) == ("4.25:8", ":0")
