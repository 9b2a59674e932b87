"""Column types that every domain's tables share (requirements 1.2)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, ForeignKey, MetaData, String, func, text
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def key(name: str = "id") -> Column[UUID]:
    """Primary key: a UUIDv7."""
    return Column(name, PG_UUID(as_uuid=True), primary_key=True)


def ref(name: str, target: str | None = None, *, nullable: bool = False, ondelete: str | None = None) -> Column[UUID]:
    """An id of another row, with a foreign key when `target` names a column."""
    keys = [ForeignKey(target, ondelete=ondelete)] if target else []
    return Column(name, PG_UUID(as_uuid=True), *keys, nullable=nullable)


def money(name: str, *, default: int | None = None, nullable: bool = False) -> Column[int]:
    """An amount in ISO 4217 minor units; the currency stands in its own column."""
    return Column(name, BigInteger, nullable=nullable, server_default=None if default is None else text(str(default)))


def currency() -> Column[str]:
    """ISO 4217 code of the amounts beside it."""
    return Column("currency", String(3), nullable=False)


def at(name: str, *, nullable: bool = True, now: bool = False) -> Column[datetime]:
    """A moment, UTC."""
    default = func.now() if now else None
    return Column(name, DateTime(timezone=True), nullable=nullable, server_default=default)


def timestamps() -> tuple[Column[datetime], Column[datetime]]:
    """created_at and updated_at, which every table has."""
    return at("created_at", nullable=False, now=True), at("updated_at", nullable=False, now=True)


def check(name: str, condition: str) -> CheckConstraint:
    """A named check constraint."""
    return CheckConstraint(condition, name=name)


def one_of(column: str, *values: str) -> CheckConstraint:
    """`column` holds one of `values`."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


Json = dict[str, Any]
