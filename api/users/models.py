"""Tables of accounts, credentials, addresses and tokens."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from api.columns import at, key, metadata, one_of, ref, timestamps

users = Table(
    "users",
    metadata,
    key(),
    Column("username", String(50), unique=True),
    Column("email", String(255), nullable=False, unique=True),
    Column("first_name", String(100), nullable=False),
    Column("last_name", String(100), nullable=False),
    Column("phone", String(20), nullable=False),
    Column("phone_verified", Boolean, nullable=False, server_default=text("false")),
    Column("roles", ARRAY(Text), nullable=False, server_default=text("'{shopper}'")),
    Column("locale", String(10), nullable=False, server_default="en"),
    Column("marketing_consent", Boolean, nullable=False, server_default=text("false")),
    Column("version", Integer, nullable=False, server_default=text("1")),
    at("erased_at"),
    *timestamps(),
    Index("ix_users_created_at", "created_at", "id"),
    Index("ix_users_staff", "id", postgresql_where=text("roles && '{operator,admin}' AND erased_at IS NULL")),
)

credentials = Table(
    "credentials",
    metadata,
    key(),
    ref("user_id", "users.id", ondelete="CASCADE"),
    Column("email", String(255), nullable=False, unique=True),
    Column("password_hash", String(255), nullable=False),
    Column("email_verified", Boolean, nullable=False, server_default=text("false")),
    Column("status", String(20), nullable=False, server_default="active"),
    Column("failed_logins", Integer, nullable=False, server_default=text("0")),
    at("locked_until"),
    *timestamps(),
    one_of("status", "active", "locked", "disabled"),
    Index("uq_credentials_user_id", "user_id", unique=True),
)

second_factors = Table(
    "second_factors",
    metadata,
    ref("user_id", "users.id", ondelete="CASCADE"),
    Column("secret", LargeBinary, nullable=False),
    at("confirmed_at"),
    Column("last_step", BigInteger),
    *timestamps(),
    PrimaryKeyConstraint("user_id"),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    ref("user_id", "users.id", ondelete="CASCADE"),
    Column("code_hash", String(64), nullable=False),
    *timestamps(),
    PrimaryKeyConstraint("user_id", "code_hash"),
)

addresses = Table(
    "addresses",
    metadata,
    key(),
    ref("user_id", "users.id", ondelete="CASCADE"),
    Column("label", String(50), nullable=False),
    Column("province_id", Integer, nullable=False),
    Column("city_id", Integer, nullable=False),
    Column("district_id", Integer, nullable=False),
    Column("subdistrict_id", Integer, nullable=False),
    Column("province_name", String(100), nullable=False),
    Column("city_name", String(100), nullable=False),
    Column("district_name", String(100), nullable=False),
    Column("subdistrict_name", String(100), nullable=False),
    Column("street", String(255), nullable=False),
    Column("postal_code", String(20), nullable=False),
    Column("is_default", Boolean, nullable=False, server_default=text("false")),
    *timestamps(),
    Index("ix_addresses_user_id", "user_id"),
    Index("uq_addresses_default", "user_id", unique=True, postgresql_where=text("is_default")),
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    key("token_id"),
    ref("user_id", "users.id", ondelete="CASCADE"),
    ref("family_id"),
    Column("token_hash", String(64), nullable=False, unique=True),
    at("expires_at", nullable=False),
    at("rotated_at"),
    at("revoked_at"),
    *timestamps(),
    Index("ix_refresh_tokens_family_id", "family_id"),
    Index("ix_refresh_tokens_user_id", "user_id"),
)

revoked_tokens = Table("revoked_tokens", metadata, key("jti"), at("expires_at", nullable=False), *timestamps())
