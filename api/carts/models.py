"""Tables of carts and their lines."""

from sqlalchemy import Column, Index, Integer, String, Table, UniqueConstraint, text

from api.columns import at, check, currency, key, metadata, money, one_of, ref, timestamps

carts = Table(
    "carts",
    metadata,
    key(),
    ref("user_id", "users.id"),
    Column("status", String(20), nullable=False, server_default="active"),
    currency(),
    Column("coupon_code", String(40)),
    Column("version", Integer, nullable=False, server_default=text("0")),
    at("expires_at", nullable=False),
    *timestamps(),
    one_of("status", "active", "abandoned", "checked_out", "converted", "expired"),
    Index("ix_carts_user_id", "user_id"),
    Index("uq_carts_live", "user_id", unique=True, postgresql_where=text("status IN ('active', 'abandoned')")),
)

cart_items = Table(
    "cart_items",
    metadata,
    key(),
    ref("cart_id", "carts.id", ondelete="CASCADE"),
    ref("product_id", "products.id"),
    Column("quantity", Integer, nullable=False),
    money("price_when_added_minor"),
    at("added_at", nullable=False, now=True),
    UniqueConstraint("cart_id", "product_id"),
    check("quantity", "quantity BETWEEN 1 AND 99"),
)
