"""Tables of messages and of what accounts want of them."""

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from api.columns import at, key, metadata, one_of, ref, timestamps
from api.notifications.kinds import CHANNELS

notifications = Table(
    "notifications",
    metadata,
    key(),
    ref("user_id", "users.id"),
    Column("type", String(20), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("recipient", String(255), nullable=False),
    Column("subject", String(255)),
    Column("content", Text),
    Column("template", String(50)),
    Column("data", JSONB),
    Column("status", String(20), nullable=False, server_default="pending"),
    at("read_at"),
    ref("cause_event_id", nullable=True),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    at("next_attempt_at"),
    Column("provider_reference", String(255)),
    Column("version", Integer, nullable=False, server_default=text("0")),
    *timestamps(),
    UniqueConstraint("cause_event_id", "user_id", "type", "channel"),
    one_of("channel", *CHANNELS),
    one_of("status", "pending", "sent", "failed", "withdrawn"),
    Index("ix_notifications_pending", "next_attempt_at", postgresql_where=text("status = 'pending'")),
    Index(
        "ix_notifications_unread",
        "user_id",
        postgresql_where=text("channel = 'in_app' AND read_at IS NULL"),
    ),
    Index("ix_notifications_user_id", "user_id", "channel", "created_at", "id"),
)

notification_preferences = Table(
    "notification_preferences",
    metadata,
    ref("user_id", "users.id", ondelete="CASCADE"),
    Column("type", String(20), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("enabled", Boolean, nullable=False),
    *timestamps(),
    PrimaryKeyConstraint("user_id", "type", "channel"),
    one_of("channel", *CHANNELS),
)
