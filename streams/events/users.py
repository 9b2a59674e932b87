"""Facts about accounts. No names, addresses or phone numbers: those stay in PostgreSQL (R-EVT-8)."""

from datetime import datetime
from uuid import UUID

from streams.events.envelope import Event


class UserEvent(Event, frozen=True, kw_only=True):
    """A fact about one account."""

    topic = "users"
    landing = "landing_users"
    key = "user_id"
    user_id: UUID


class UserCreated(UserEvent, frozen=True, kw_only=True):
    """An account was registered."""

    name = "user.created"
    roles: tuple[str, ...]
    locale: str
    registered_at: datetime


class UserUpdated(UserEvent, frozen=True, kw_only=True):
    """Fields of an account changed; only their names are told."""

    name = "user.updated"
    changed: tuple[str, ...]
    roles: tuple[str, ...]
    status: str


class UserErased(UserEvent, frozen=True, kw_only=True):
    """An account was erased at its owner's wish."""

    name = "user.erased"
