"""Tables of addresses that want to be told, and of what is told there."""

from sqlalchemy import Column, Index, Integer, String, Table, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY

from api.columns import at, key, metadata, one_of, ref, timestamps

webhook_endpoints = Table(
    "webhook_endpoints",
    metadata,
    key(),
    ref("seller_id", "sellers.id"),
    Column("url", String(2000), nullable=False),
    Column("secret", String(80), nullable=False),
    Column("events", ARRAY(Text), nullable=False),
    Column("status", String(20), nullable=False, server_default="active"),
    Column("disabled_reason", String(60)),
    at("failing_since"),
    Column("version", Integer, nullable=False, server_default=text("1")),
    *timestamps(),
    one_of("status", "active", "disabled", "deleted"),
    Index("ix_webhook_endpoints_seller_id", "seller_id", postgresql_where=text("status <> 'deleted'")),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    key(),
    ref("endpoint_id", "webhook_endpoints.id"),
    ref("event_id"),
    Column("event", String(60), nullable=False),
    Column("body", Text, nullable=False),
    Column("status", String(20), nullable=False, server_default="pending"),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    at("next_attempt_at"),
    Column("last_status", Integer),
    Column("last_error", String(255)),
    at("delivered_at"),
    *timestamps(),
    UniqueConstraint("endpoint_id", "event_id"),
    one_of("status", "pending", "delivered", "failed"),
    Index("ix_webhook_deliveries_due", "next_attempt_at", postgresql_where=text("status = 'pending'")),
    Index("ix_webhook_deliveries_endpoint_id", "endpoint_id", "created_at", "id"),
    Index("ix_webhook_deliveries_created_at", "created_at"),
)
