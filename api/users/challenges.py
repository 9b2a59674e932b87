"""What stands between a right password and a session: a signed token for one sign-in, good for a code and no more."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from api import ids
from api.errors import TokenRevoked
from api.tokens import ALGORITHM, AUDIENCE

LIFE = timedelta(minutes=5)
TYPE = "second-factor+jwt"
"""What it says it is: no access token, and no access token is one of these (RFC 8725, 3.11)."""


@dataclass(frozen=True)
class Challenge:
    """Whose password was right, and a print of that password's hash: with another password it counts no more."""

    id: UUID
    user_id: UUID
    password_print: str
    expires_at: datetime


def mint(signing_key: OKPKey, user_id: UUID, password_hash: str) -> str:
    """A signed challenge of an account whose password fitted this hash."""
    claims = {
        "aud": AUDIENCE,
        "sub": str(user_id),
        "jti": str(ids.new()),
        "pwd": printed(password_hash),
        "exp": int((ids.now() + LIFE).timestamp()),
    }
    return jwt.encode({"alg": ALGORITHM, "typ": TYPE}, claims, signing_key, algorithms=[ALGORITHM])


def read(signing_key: OKPKey, token: str) -> Challenge:
    """The challenge in a token; TokenRevoked when it is forged, malformed, expired or something else."""
    try:
        found = _verified(signing_key, token)
    except (JoseError, ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise TokenRevoked from error
    if found.expires_at <= ids.now():
        raise TokenRevoked
    return found


def _verified(signing_key: OKPKey, token: str) -> Challenge:
    decoded = jwt.decode(token, signing_key, algorithms=[ALGORITHM])
    claims = decoded.claims
    if (decoded.header.get("typ"), claims.get("aud")) != (TYPE, AUDIENCE):
        raise ValueError("not a challenge")
    expires_at = datetime.fromtimestamp(claims["exp"], UTC)
    return Challenge(UUID(claims["jti"]), UUID(claims["sub"]), str(claims["pwd"]), expires_at)


def printed(password_hash: str) -> str:
    """A print of a password's hash, which is salted: it tells nothing of either."""
    return sha256(password_hash.encode()).hexdigest()
