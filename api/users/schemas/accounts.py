"""Requests and answers of accounts and sign-in."""

from contextlib import suppress
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from email_validator import EmailNotValidError
from pydantic import Field, StringConstraints, field_validator, model_validator

from api import contacts
from api.contacts import Email, Phone
from api.pagination import PageWanted
from api.schemas import Answer, Body, Change, Flag, Moment, Plain, Text50, Text100, Text255

Password = Annotated[str, StringConstraints(min_length=8, max_length=128), Field(examples=["correct horse battery"])]
Known = Annotated[str, StringConstraints(min_length=1, max_length=128)]
"""A password that is there already: its limits are those of the day it was made."""
Username = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern="^[a-z0-9_.-]{3,50}$"), Field(examples=["ann.smith"])
]
_LOCALE = "^[a-z]{2,3}([_-][A-Za-z]{2,4})?([_-]([A-Za-z]{2}|[0-9]{3}))?$"  # en, pt-BR, es-419, zh-Hant-TW
Locale = Annotated[str, StringConstraints(pattern=_LOCALE, max_length=10)]
Role = Literal["shopper", "seller", "operator", "admin", "service"]
Token = Annotated[str, StringConstraints(min_length=1, max_length=512), Plain]


class Register(Body):
    """A new account."""

    email: Email
    password: Password
    first_name: Text100 = Field(examples=["Ann"])
    last_name: Text100 = Field(examples=["Smith"])
    phone: Phone
    username: Username | None = None
    locale: Locale = "en"
    marketing_consent: Flag = False


class Login(Body):
    """Sign-in by e-mail or username."""

    email: Text255 | None = Field(default=None, examples=["ann@example.com"])
    username: Text50 | None = None
    password: Known

    @model_validator(mode="after")
    def _one_name(self) -> "Login":
        if (self.email is None) == (self.username is None):
            raise ValueError("give either email or username")
        return self

    @property
    def name(self) -> str:
        """The name to sign in with, as accounts keep it; what is no e-mail address is nobody's."""
        if self.email is None:
            return (self.username or "").lower()
        with suppress(EmailNotValidError):
            return contacts.kept(self.email)
        return self.email.lower()


class Refresh(Body):
    """A refresh token."""

    refresh_token: Token


class Logout(Body):
    """What to end beside the access token."""

    refresh_token: Token | None = None
    all_sessions: Flag = False


class UserChange(Change):
    """Fields to change; absent ones stay."""

    clears: ClassVar[frozenset[str]] = frozenset({"username"})

    email: Email | None = None
    first_name: Text100 | None = None
    last_name: Text100 | None = None
    phone: Phone | None = None
    username: Username | None = None
    locale: Locale | None = None
    marketing_consent: Flag | None = None
    current_password: Known | None = Field(default=None, description="needed when the own e-mail or phone changes")

    @property
    def changes(self) -> dict[str, Any]:
        """The fields that were given, with their new values."""
        return self.model_dump(exclude_unset=True, exclude={"current_password"})


class User(Answer):
    """An account."""

    id: UUID
    email: str
    username: str | None
    first_name: str
    last_name: str
    phone: str
    email_verified: bool
    phone_verified: bool
    roles: list[str]
    seller_id: UUID | None
    locale: str
    marketing_consent: bool
    second_factor: bool = Field(description="whether signing in takes a code beside the password")
    status: str
    created_at: Moment
    updated_at: Moment


class Session(Answer):
    """Tokens of a session and whose it is."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a scheme
    expires_in: int = Field(description="seconds", examples=[900])
    refresh_token: str = Field(description="works once, at POST /v1/auth/refresh, within 30 days")
    user: User


class OpenSession(Answer):
    """A session that was begun by signing in, while it may be refreshed."""

    id: UUID
    current: bool = Field(description="whether it is the one that asks")
    began_at: Moment
    last_used_at: Moment = Field(description="the last sign-in or refresh")
    expires_at: Moment = Field(description="unless it is used before")


class OpenSessions(Answer):
    """The sessions of an account, the one used last first."""

    items: list[OpenSession]


class EndSession(Body):
    """The present password: whoever has taken one session must not end the others."""

    password: Known


class Erase(Body):
    """The password again: what is erased does not come back."""

    password: Known


class AccountChange(UserChange):
    """Fields of an account to change by its id; absent ones stay."""

    status: Literal["active", "disabled"] | None = Field(
        default=None, description="admins only; disabled ends every session, active also ends a lock"
    )


class Contact(Answer):
    """What other parts of the platform are told of an account."""

    id: UUID
    first_name: str
    last_name: str
    email: str
    phone: str
    locale: str
    marketing_consent: bool


class RoleChange(Body):
    """The roles of an account; shopper stays whatever is given."""

    roles: list[Role] = Field(max_length=5, examples=[["shopper", "operator"]])

    @field_validator("roles")
    @classmethod
    def _each_once(cls, roles: list[Role]) -> list[Role]:
        if len(set(roles)) < len(roles):
            raise ValueError("names a role twice")
        return roles


class UsersWanted(PageWanted):
    """Which accounts, and in what order."""

    email: Email | None = None
    phone: Phone | None = None
    role: Role | None = None
    status: Literal["active", "locked", "disabled"] | None = None
    sort: Literal["created_at", "-created_at"] = "-created_at"
