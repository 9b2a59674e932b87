"""Table of seller accounts."""

from sqlalchemy import Column, Index, Integer, String, Table, func, text
from sqlalchemy.dialects.postgresql import JSONB

from api.columns import check, currency, key, metadata, one_of, ref, timestamps

sellers = Table(
    "sellers",
    metadata,
    key(),
    ref("user_id", "users.id"),
    Column("display_name", String(100), nullable=False),
    Column("slug", String(100), nullable=False, unique=True),
    Column("legal_name", String(255), nullable=False),
    Column("contact_email", String(255), nullable=False),
    Column("contact_phone", String(20), nullable=False),
    currency(),
    Column("commission_bp", Integer, nullable=False, server_default=text("1000")),
    Column("ship_from", JSONB),
    Column("low_stock_threshold", Integer, nullable=False, server_default=text("5")),
    Column("status", String(20), nullable=False, server_default="pending"),
    Column("version", Integer, nullable=False, server_default=text("1")),
    *timestamps(),
    one_of("status", "pending", "active", "suspended", "closed"),
    check("commission_bp", "commission_bp BETWEEN 0 AND 10000"),
    Index("uq_sellers_user_id", "user_id", unique=True),
)
Index("uq_sellers_display_name", func.lower(sellers.c.display_name), unique=True)
