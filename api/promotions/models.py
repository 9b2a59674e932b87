"""Tables of promotions and of the orders that used them."""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, UniqueConstraint, func, text

from api.columns import at, check, key, metadata, money, one_of, ref, timestamps

promotions = Table(
    "promotions",
    metadata,
    key(),
    Column("code", String(40)),
    Column("name", String(100), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("value_bp", Integer),
    money("value_minor", nullable=True),
    Column("currency", String(3)),
    money("min_subtotal_minor", default=0),
    money("max_discount_minor", nullable=True),
    Column("scope", String(20), nullable=False, server_default="all"),
    ref("scope_id", nullable=True),
    Column("funded_by", String(20), nullable=False),
    ref("seller_id", "sellers.id", nullable=True),
    at("starts_at", nullable=False),
    at("ends_at"),
    Column("usage_limit", Integer),
    Column("per_user_limit", Integer),
    Column("used_count", Integer, nullable=False, server_default=text("0")),
    Column("announce", Boolean, nullable=False, server_default=text("false")),
    Column("status", String(20), nullable=False, server_default="draft"),
    at("published_at"),
    Column("version", Integer, nullable=False, server_default=text("1")),
    *timestamps(),
    one_of("kind", "percent", "fixed", "free_shipping"),
    one_of("scope", "all", "seller", "category", "product"),
    one_of("funded_by", "platform", "seller"),
    one_of("status", "draft", "active", "paused", "ended"),
    check("scope_id", "(scope = 'all') = (scope_id IS NULL)"),
    check("seller_id", "(funded_by = 'seller') = (seller_id IS NOT NULL)"),
    check(
        "value",
        "CASE kind WHEN 'percent' THEN value_bp BETWEEN 1 AND 10000 AND value_minor IS NULL "
        "WHEN 'fixed' THEN value_minor > 0 AND value_bp IS NULL ELSE value_bp IS NULL AND value_minor IS NULL END",
    ),
    check(
        "currency",
        "currency IS NOT NULL OR (value_minor IS NULL AND max_discount_minor IS NULL AND min_subtotal_minor = 0)",
    ),
    check("min_subtotal_minor", "min_subtotal_minor >= 0"),
    check("max_discount_minor", "max_discount_minor > 0"),
    check("dates", "ends_at > starts_at"),
    check("limits", "usage_limit > 0 AND per_user_limit > 0"),
    check("used_count", "used_count >= 0 AND used_count <= usage_limit"),
    Index("uq_promotions_code", func.upper(text("code")), unique=True),
    Index("ix_promotions_automatic", "starts_at", postgresql_where=text("status = 'active' AND code IS NULL")),
    Index("ix_promotions_seller_id", "seller_id", "starts_at", "id"),
    Index("ix_promotions_starts_at", "starts_at", "id"),
)

redemptions = Table(
    "redemptions",
    metadata,
    key(),
    ref("promotion_id", "promotions.id"),
    ref("order_id", "orders.id"),
    ref("user_id"),
    money("discount_minor"),
    Column("status", String(20), nullable=False, server_default="redeemed"),
    *timestamps(),
    UniqueConstraint("promotion_id", "order_id"),
    check("discount_minor", "discount_minor >= 0"),
    one_of("status", "redeemed", "released"),
    Index("ix_redemptions_order_id", "order_id"),
    Index("ix_redemptions_user_id", "promotion_id", "user_id", postgresql_where=text("status = 'redeemed'")),
)
