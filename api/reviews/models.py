"""Table of reviews; a deleted one keeps its row, for events refer to it."""

from sqlalchemy import Column, Index, Integer, SmallInteger, String, Table, Text, text

from api.columns import at, check, key, metadata, one_of, ref, timestamps

_STANDING = text("deleted_at IS NULL")
_WITHDRAWN = text("deleted_at IS NOT NULL")

reviews = Table(
    "reviews",
    metadata,
    key(),
    ref("user_id", "users.id", nullable=True),
    ref("product_id", "products.id"),
    ref("seller_id", "sellers.id"),
    ref("order_item_id", "order_items.id"),
    Column("rating", SmallInteger, nullable=False),
    Column("comment", Text),
    Column("status", String(20), nullable=False, server_default="visible"),
    at("deleted_at"),
    Column("version", Integer, nullable=False, server_default=text("0")),
    *timestamps(),
    check("rating", "rating BETWEEN 1 AND 5"),
    check("comment", "length(comment) BETWEEN 1 AND 5000"),
    one_of("status", "visible", "hidden"),
    Index("ix_reviews_product_id", "product_id", "created_at", "id", postgresql_where=_STANDING),
    Index("ix_reviews_author", "user_id"),
    Index("ix_reviews_user_id", "user_id", "created_at", "id", postgresql_where=_STANDING),
    Index("ix_reviews_withdrawn", "user_id", "product_id", "created_at", "id", postgresql_where=_WITHDRAWN),
    Index("uq_reviews_author", "user_id", "product_id", unique=True, postgresql_where=_STANDING),
)
