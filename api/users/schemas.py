"""Requests and answers of accounts, sign-in and addresses."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from api.contacts import Email, Phone
from api.schemas import Answer, Body, Moment, Plain, Text20, Text50, Text100, Text255

Password = Annotated[str, StringConstraints(min_length=8, max_length=128), Field(examples=["correct horse battery"])]
Username = Annotated[str, StringConstraints(pattern="^[a-z0-9_.-]{3,50}$"), Field(examples=["ann.smith"])]
Locale = Annotated[str, StringConstraints(pattern="^[a-z]{2,3}([_-][A-Za-z]{2,4})?$", max_length=10)]
Token = Annotated[str, StringConstraints(min_length=1, max_length=512), Plain]
Place = Annotated[int, Field(strict=True, gt=0, le=2_147_483_647)]


class Register(Body):
    """A new account."""

    email: Email
    password: Password
    first_name: Text100 = Field(examples=["Ann"])
    last_name: Text100 = Field(examples=["Smith"])
    phone: Phone
    username: Username | None = None
    locale: Locale = "en"
    marketing_consent: bool = False


class Login(Body):
    """Sign-in by e-mail or username."""

    email: Text255 | None = Field(default=None, examples=["ann@example.com"])
    username: Text50 | None = None
    password: Annotated[str, StringConstraints(min_length=1, max_length=128)]

    @model_validator(mode="after")
    def _one_name(self) -> "Login":
        if (self.email is None) == (self.username is None):
            raise ValueError("give either email or username")
        return self

    @property
    def name(self) -> str:
        """The name to sign in with."""
        return (self.email or self.username or "").lower()


class Refresh(Body):
    """A refresh token."""

    refresh_token: Token


class Logout(Body):
    """What to end beside the access token."""

    refresh_token: Token | None = None
    all_sessions: bool = False


class UserChange(Body):
    """Fields to change; absent ones stay."""

    email: Email | None = None
    first_name: Text100 | None = None
    last_name: Text100 | None = None
    phone: Phone | None = None
    username: Username | None = None
    locale: Locale | None = None
    marketing_consent: bool | None = None

    @model_validator(mode="after")
    def _only_username_clears(self) -> "UserChange":
        cleared = [name for name in self.model_fields_set - {"username"} if getattr(self, name) is None]
        if cleared:
            raise ValueError(f"cannot be null: {', '.join(sorted(cleared))}")
        return self


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


class NewAddress(Body):
    """An address of the address book."""

    label: Text50 = Field(examples=["home"])
    province_id: Place = Field(examples=[31])
    city_id: Place = Field(examples=[3171])
    district_id: Place = Field(examples=[317101])
    subdistrict_id: Place = Field(examples=[31710101])
    province_name: Text100 = Field(examples=["Greater London"])
    city_name: Text100 = Field(examples=["London"])
    district_name: Text100 = Field(examples=["Camden"])
    subdistrict_name: Text100 = Field(examples=["Bloomsbury"])
    street: Text255 = Field(examples=["1 Great Russell Street"])
    postal_code: Text20 = Field(examples=["WC1B 3DG"])
    is_default: bool = False


class AddressChange(Body):
    """Fields of an address to change; absent ones stay."""

    label: Text50 | None = None
    province_id: Place | None = None
    city_id: Place | None = None
    district_id: Place | None = None
    subdistrict_id: Place | None = None
    province_name: Text100 | None = None
    city_name: Text100 | None = None
    district_name: Text100 | None = None
    subdistrict_name: Text100 | None = None
    street: Text255 | None = None
    postal_code: Text20 | None = None
    is_default: bool | None = None

    @model_validator(mode="after")
    def _nothing_clears(self) -> "AddressChange":
        cleared = [name for name in self.model_fields_set if getattr(self, name) is None]
        if cleared:
            raise ValueError(f"cannot be null: {', '.join(sorted(cleared))}")
        return self


class Address(Answer):
    """An address of the address book."""

    id: UUID
    label: str
    province_id: int
    city_id: int
    district_id: int
    subdistrict_id: int
    province_name: str
    city_name: str
    district_name: str
    subdistrict_name: str
    street: str
    postal_code: str
    is_default: bool
    created_at: Moment
    updated_at: Moment


class Addresses(Answer):
    """The address book, the default first."""

    items: list[Address]
