"""Requests and answers of API keys."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field

from api.keyring import SCOPES
from api.schemas import Answer, Body, Instant, Moment, Text100


def _known(scope: str) -> str:
    if scope not in SCOPES:
        raise ValueError(f"must be one of {', '.join(SCOPES)}")
    return scope


def _standing(scopes: list[str]) -> list[str]:
    """Without those that older keys were given and that are no more."""
    return [scope for scope in scopes if scope in SCOPES]


Scope = Annotated[str, AfterValidator(_known), Field(json_schema_extra={"enum": list(SCOPES)})]


class NewKey(Body):
    """A key for one system; give it no more scopes than it needs."""

    name: Text100 = Field(examples=["Warehouse in Leeds"])
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(SCOPES), examples=[["inventory:write"]])]
    expires_at: Instant | None = Field(default=None, description="never when absent")


class KeyAnswer(Answer):
    """A key without its secret; `hint` is how it begins."""

    id: UUID
    name: str
    hint: str
    scopes: Annotated[list[Scope], BeforeValidator(_standing)]
    expires_at: Moment | None
    last_used_at: Moment | None
    revoked_at: Moment | None
    created_at: Moment


class MadeKey(KeyAnswer):
    """A key with its secret, which is shown this once."""

    key: str = Field(examples=["atl_3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"])


class Keys(Answer):
    """A seller's keys, the newest first; revoked ones stay listed."""

    items: list[KeyAnswer]
