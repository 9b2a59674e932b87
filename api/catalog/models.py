"""Tables of categories, specification sheets and products."""

from sqlalchemy import Column, Index, Integer, String, Table, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from api.columns import check, currency, key, metadata, money, one_of, ref, timestamps

categories = Table(
    "categories",
    metadata,
    key(),
    Column("name", String(100), nullable=False),
    Column("slug", String(150), nullable=False, unique=True),
    ref("parent_id", "categories.id", nullable=True),
    Column("position", Integer, nullable=False, server_default=text("0")),
    Column("version", Integer, nullable=False, server_default=text("1")),
    *timestamps(),
    UniqueConstraint("parent_id", "name", postgresql_nulls_not_distinct=True),
)

product_specs = Table(
    "product_specs",
    metadata,
    key(),
    ref("created_by", "sellers.id"),
    Column("title", String(255), nullable=False),
    Column("specifications", JSONB, nullable=False, server_default=text("'{}'")),
    *timestamps(),
)

products = Table(
    "products",
    metadata,
    key(),
    Column("sku", String(50), nullable=False, unique=True),
    ref("seller_id", "sellers.id"),
    ref("spec_id", "product_specs.id", nullable=True),
    ref("category_id", "categories.id"),
    Column("name", String(255), nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    Column("brand", String(100)),
    Column("keywords", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    money("price_minor"),
    currency(),
    Column("tax_bp", Integer, nullable=False, server_default=text("0")),
    Column("weight_grams", Integer, nullable=False, server_default=text("0")),
    Column("status", String(20), nullable=False, server_default="active"),
    Column("rating_sum", Integer, nullable=False, server_default=text("0")),
    Column("rating_count", Integer, nullable=False, server_default=text("0")),
    Column("version", Integer, nullable=False, server_default=text("1")),
    *timestamps(),
    one_of("status", "active", "inactive", "deleted"),
    check("price_minor", "price_minor > 0"),
    check("tax_bp", "tax_bp BETWEEN 0 AND 5000"),
    check("weight_grams", "weight_grams >= 0"),
    Index("ix_products_seller_id", "seller_id", "created_at", "id"),
    Index("ix_products_category_id", "category_id", "created_at", "id"),
    Index("ix_products_created_at", "created_at", "id"),
    Index("ix_products_price_minor", "price_minor", "id"),
    Index("ix_products_spec_id", "spec_id", postgresql_where=text("spec_id IS NOT NULL")),
    Index(
        "ix_products_words",
        func.product_words(text("name"), text("brand"), text("keywords"), text("description")),
        postgresql_using="gin",
    ),
)

product_images = Table(
    "product_images",
    metadata,
    key(),
    ref("product_id", "products.id"),
    Column("object_key", String(255), nullable=False, unique=True),
    Column("content_type", String(50), nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("position", Integer, nullable=False, server_default=text("0")),
    *timestamps(),
    one_of("content_type", "image/jpeg", "image/png", "image/webp"),
    Index("ix_product_images_product_id", "product_id", "position", "id"),
)
