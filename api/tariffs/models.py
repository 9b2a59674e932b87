"""Table of tariffs."""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, text

from api.columns import check, currency, key, metadata, money, ref, timestamps

# A tariff without a seller is the platform's; without a province it holds everywhere.
shipping_rates = Table(
    "shipping_rates",
    metadata,
    key(),
    Column("carrier", String(50), nullable=False),
    Column("service", String(50), nullable=False),
    ref("seller_id", "sellers.id", nullable=True),
    Column("from_province_id", Integer),
    Column("to_province_id", Integer),
    money("base_minor"),
    money("per_kg_minor"),
    currency(),
    Column("min_days", Integer, nullable=False),
    Column("max_days", Integer, nullable=False),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    *timestamps(),
    check("cost", "base_minor >= 0 AND per_kg_minor >= 0"),
    check("days", "0 <= min_days AND min_days <= max_days"),
    Index("ix_shipping_rates_to_province_id", "currency", "to_province_id", postgresql_where=text("active")),
    Index("ix_shipping_rates_seller_id", "seller_id", "currency", postgresql_where=text("active")),
)
