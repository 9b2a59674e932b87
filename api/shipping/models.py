"""Tables of shipments and the carrier's reports on them."""

from sqlalchemy import (
    Column,
    Date,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from api.columns import at, check, currency, key, metadata, money, one_of, ref, timestamps

shipments = Table(
    "shipments",
    metadata,
    key(),
    ref("order_id", "orders.id"),
    ref("seller_id"),
    Column("kind", String(20), nullable=False, server_default="outbound"),
    Column("carrier", String(50)),
    Column("service", String(50)),
    Column("tracking_number", String(100)),
    Column("status", String(20), nullable=False, server_default="pending"),
    Column("destination_address", JSONB, nullable=False),
    money("shipping_cost_minor", default=0),
    currency(),
    Column("estimated_delivery", Date),
    at("shipped_at"),
    at("delivered_at"),
    Column("version", Integer, nullable=False, server_default=text("1")),
    *timestamps(),
    one_of(
        "status", "pending", "picked_up", "in_transit", "out_for_delivery", "delivered", "failed", "returned",
        "cancelled",
    ),
    UniqueConstraint("carrier", "tracking_number"),
    Index("ix_shipments_order_id", "order_id"),
    Index(
        "uq_shipments_outbound",
        "order_id",
        "seller_id",
        unique=True,
        postgresql_where=text("kind = 'outbound' AND status <> 'cancelled'"),
    ),
)  # fmt: skip

shipment_items = Table(
    "shipment_items",
    metadata,
    ref("shipment_id", "shipments.id", ondelete="CASCADE"),
    ref("order_item_id"),
    Column("quantity", Integer, nullable=False),
    PrimaryKeyConstraint("shipment_id", "order_item_id"),
    check("quantity", "quantity > 0"),
)

tracking_events = Table(
    "tracking_events",
    metadata,
    key(),
    ref("shipment_id", "shipments.id"),
    Column("status", String(30), nullable=False),
    Column("location", String(255)),
    at("occurred_at", nullable=False),
    Column("carrier", String(50)),
    Column("provider_event_id", String(255)),
    at("created_at", nullable=False, now=True),
    UniqueConstraint("carrier", "provider_event_id"),
    Index("ix_tracking_events_shipment_id", "shipment_id", "occurred_at"),
)

# What a carrier says of a parcel whose tracking number nobody has told yet; it moves to the parcel once one has.
carrier_reports = Table(
    "carrier_reports",
    metadata,
    key(),
    Column("carrier", String(50), nullable=False),
    Column("tracking_number", String(100), nullable=False),
    Column("provider_event_id", String(255), nullable=False),
    Column("status", String(30), nullable=False),
    Column("location", String(255)),
    at("occurred_at", nullable=False),
    at("created_at", nullable=False, now=True),
    UniqueConstraint("carrier", "provider_event_id"),
    Index("ix_carrier_reports_tracking_number", "carrier", "tracking_number"),
)
