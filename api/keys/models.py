"""Table of API keys; only a hash of the key is kept."""

from sqlalchemy import Column, Index, String, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY

from api.columns import at, key, metadata, ref, timestamps

api_keys = Table(
    "api_keys",
    metadata,
    key(),
    ref("seller_id", "sellers.id"),
    ref("user_id", "users.id"),
    Column("name", String(100), nullable=False),
    Column("hint", String(12), nullable=False),
    Column("key_hash", String(64), nullable=False, unique=True),
    Column("scopes", ARRAY(Text), nullable=False),
    at("expires_at"),
    at("last_used_at"),
    at("revoked_at"),
    *timestamps(),
    Index("ix_api_keys_seller_id", "seller_id", "created_at", "id"),
)
