"""What a PATCH changes (R-API-12): nothing when somebody else was faster, and only the values that differ."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row

from api.errors import VersionConflict


def require_version(row: Row[Any], expected: int | None) -> None:
    """VersionConflict when the caller had another version of the row in mind."""
    if expected is not None and expected != row.version:
        raise VersionConflict(current_version=row.version)


def differing(row: Row[Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changes whose values are not the row's already."""
    return {name: value for name, value in changes.items() if getattr(row, name) != value}
