"""Facts about reviews: the rating and the comment are told apart. No text, ever (R-REV-4)."""

from uuid import UUID

from streams.events.envelope import Event


class ReviewEvent(Event, frozen=True, kw_only=True):
    """A fact about one review of one product."""

    topic = "reviews"
    landing = "landing_reviews"
    key = "review_id"
    review_id: UUID
    product_id: UUID
    seller_id: UUID


class RatingAdded(ReviewEvent, frozen=True, kw_only=True):
    """A buyer rated a product, or a hidden rating is shown again."""

    name = "rating.added"
    user_id: UUID
    rating: int


class RatingUpdated(ReviewEvent, frozen=True, kw_only=True):
    """A buyer changed a rating."""

    name = "rating.updated"
    user_id: UUID
    rating: int
    rating_before: int


class RatingDeleted(ReviewEvent, frozen=True, kw_only=True):
    """A rating was taken back or hidden."""

    name = "rating.deleted"
    rating_before: int


class CommentCreated(ReviewEvent, frozen=True, kw_only=True):
    """A comment was written, or a hidden one is shown again; `length` in characters."""

    name = "comment.created"
    length: int


class CommentUpdated(ReviewEvent, frozen=True, kw_only=True):
    """A comment was rewritten; `length` in characters."""

    name = "comment.updated"
    length: int


class CommentDeleted(ReviewEvent, frozen=True, kw_only=True):
    """A comment was taken back or hidden."""

    name = "comment.deleted"
