"""Access tokens (Ed25519 JWT, 15 minutes, R-USR-3): what they say of a caller, how they are signed and read."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from api.errors import Unauthenticated

TOKEN_LIFE = timedelta(minutes=15)
ALGORITHM = "Ed25519"
TYPE, AUDIENCE = "at+jwt", "atlantic"
"""What a token must say it is, and for whom: others signed with the same key are no access tokens (RFC 9068)."""
OPERATORS = frozenset({"operator", "admin"})


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom an access token speaks for; `jti` is also the id of the refresh token it was issued with."""

    user_id: UUID
    roles: frozenset[str]
    seller_id: UUID | None
    jti: UUID
    expires_at: datetime
    scopes: frozenset[str] | None = None
    """What an API key may do; None for a person, who may do what the roles allow."""
    withheld: frozenset[str] = frozenset()
    """Roles that the account has and that count only with a second factor."""

    @property
    def operator(self) -> bool:
        """Whether this is operator or admin."""
        return bool(self.roles & OPERATORS)

    def owns(self, seller_id: UUID) -> bool:
        """Whether rows of this seller are this caller's to change."""
        return self.operator or self.seller_id == seller_id

    def shopped(self, user_id: UUID | None) -> bool:
        """Whether what an account bought is this caller's own; an API key acts for the shop, and has bought nothing."""
        return self.scopes is None and self.user_id == user_id


@dataclass(frozen=True, slots=True)
class SellerIdentity(Identity):
    """A caller with a seller account, whatever its status."""

    seller_id: UUID


def counting(roles: Collection[str], *, second_factor: bool, demanded: bool) -> frozenset[str]:
    """The roles of an account that count: where operators need a second factor, theirs do not without one."""
    return frozenset(roles) - (OPERATORS if demanded and not second_factor else frozenset())


def mint(signing_key: OKPKey, identity: Identity, issued_at: datetime) -> str:
    """The signed access token of an identity."""
    claims = {
        "aud": AUDIENCE,
        "sub": str(identity.user_id),
        "roles": sorted(identity.roles),
        "seller_id": str(identity.seller_id) if identity.seller_id else None,
        "jti": str(identity.jti),
        "iat": int(issued_at.timestamp()),
        "exp": int(identity.expires_at.timestamp()),
    }
    return jwt.encode({"alg": ALGORITHM, "typ": TYPE}, claims, signing_key, algorithms=[ALGORITHM])


class Verifier:
    """Reads access tokens; a signature is checked once, for tokens come many times."""

    def __init__(self, key: OKPKey) -> None:
        self._key = key
        self._verified = lru_cache(maxsize=4096)(self._verify)

    def read(self, token: str) -> Identity:
        """The identity in an access token; Unauthenticated when it is forged, malformed or expired."""
        try:
            identity = self._verified(token)
        except (JoseError, ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            raise Unauthenticated("The access token is not one of ours.") from error
        if identity.expires_at <= datetime.now(UTC):
            raise Unauthenticated("The access token has expired; refresh it at POST /v1/auth/refresh.")
        return identity

    def _verify(self, token: str) -> Identity:
        decoded = jwt.decode(token, self._key, algorithms=[ALGORITHM])
        claims = decoded.claims
        if (decoded.header.get("typ"), claims.get("aud")) != (TYPE, AUDIENCE):
            raise ValueError("not an access token")
        seller_id = claims.get("seller_id")
        return Identity(
            user_id=UUID(claims["sub"]),
            roles=frozenset(claims["roles"]),
            seller_id=UUID(seller_id) if seller_id else None,
            jti=UUID(claims["jti"]),
            expires_at=datetime.fromtimestamp(claims["exp"], UTC),
        )
