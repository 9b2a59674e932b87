"""Tables of stock rows, holds and the movement ledger; 0 <= reserved <= on_hand at every commit (R-INV-2)."""

from sqlalchemy import (
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    text,
)

from api.columns import at, check, key, metadata, one_of, ref, timestamps

inventory = Table(
    "inventory",
    metadata,
    key(),
    ref("product_id", "products.id"),
    Column("bucket", SmallInteger, nullable=False, server_default=text("0")),
    Column("on_hand", Integer, nullable=False, server_default=text("0")),
    Column("reserved", Integer, nullable=False, server_default=text("0")),
    Column("version", Integer, nullable=False, server_default=text("1")),
    *timestamps(),
    UniqueConstraint("product_id", "bucket"),
    check("on_hand", "on_hand >= 0"),
    check("reserved", "reserved >= 0 AND reserved <= on_hand"),
    postgresql_with={"fillfactor": 70},
)

reservations = Table(
    "reservations",
    metadata,
    key(),
    ref("order_id"),
    Column("cause_type", String(20), nullable=False, server_default="checkout"),
    ref("cause_id"),
    Column("status", String(20), nullable=False, server_default="held"),
    at("expires_at", nullable=False),
    Column("version", Integer, nullable=False, server_default=text("1")),
    *timestamps(),
    one_of("status", "held", "deducted", "released", "expired"),
    Index(
        "uq_reservations_cause",
        "cause_type",
        "cause_id",
        unique=True,
        postgresql_where=text("status IN ('held', 'deducted')"),
    ),
    Index("ix_reservations_order_id", "order_id"),
    Index("ix_reservations_due", "expires_at", postgresql_where=text("status = 'held'")),
)

reservation_items = Table(
    "reservation_items",
    metadata,
    ref("reservation_id", "reservations.id", ondelete="CASCADE"),
    ref("inventory_id"),
    ref("product_id"),
    Column("quantity", Integer, nullable=False),
    PrimaryKeyConstraint("reservation_id", "inventory_id"),
    check("quantity", "quantity > 0"),
)

stock_movements = Table(
    "stock_movements",
    metadata,
    key(),
    ref("inventory_id"),
    ref("product_id"),
    Column("kind", String(20), nullable=False),
    Column("on_hand_delta", Integer, nullable=False),
    Column("reserved_delta", Integer, nullable=False),
    Column("on_hand_after", Integer, nullable=False),
    Column("reserved_after", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("cause_type", String(20), nullable=False),
    ref("cause_id", nullable=True),
    ref("actor_id", nullable=True),
    Column("reason", String(255)),
    at("occurred_at", nullable=False),
    UniqueConstraint("inventory_id", "version"),
    Index("ix_stock_movements_as_of", "inventory_id", "occurred_at"),
    one_of("kind", "received", "adjusted", "reserved", "released", "expired", "deducted", "restocked", "returned"),
)
