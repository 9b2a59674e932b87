"""Whom a page speaks to: read from a signed access token, never from the address or the page's state."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

ALGORITHM = "Ed25519"
TYPE, AUDIENCE = "at+jwt", "atlantic"
OPERATORS = frozenset({"operator", "admin"})


@dataclass(frozen=True, slots=True)
class Identity:
    """The claims of a token whose signature was checked."""

    user_id: UUID
    roles: frozenset[str]
    seller_id: UUID | None
    expires_at: datetime

    @property
    def operator(self) -> bool:
        """Whether the operations pages are theirs."""
        return bool(self.roles & OPERATORS)

    @property
    def expired(self) -> bool:
        """Whether the token no longer counts."""
        return self.expires_at <= datetime.now(UTC)


def read(token: str | None, key: OKPKey) -> Identity | None:
    """The identity in an access token, expired or not; None when it is absent, forged or not a token."""
    if not token:
        return None
    try:
        decoded = jwt.decode(token, key, algorithms=[ALGORITHM])
        claims = decoded.claims
        if (decoded.header.get("typ"), claims.get("aud")) != (TYPE, AUDIENCE):
            return None
        seller_id = claims.get("seller_id")
        return Identity(
            user_id=UUID(claims["sub"]),
            roles=frozenset(claims["roles"]),
            seller_id=UUID(seller_id) if seller_id else None,
            expires_at=datetime.fromtimestamp(claims["exp"], UTC),
        )
    except (JoseError, ValueError, KeyError, TypeError, AttributeError):
        return None
