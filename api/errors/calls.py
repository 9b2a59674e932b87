"""Errors of calls as such, whatever they are about."""

from api.errors.members import CURRENCY, FIELDS, INT, TEXT
from api.problems import Problem


class Unauthenticated(Problem, slug="unauthenticated", status=401):
    """Sign in first: send `Authorization: Bearer <access token>`."""


class Forbidden(Problem, slug="forbidden", status=403):
    """This account's roles may not call this endpoint."""


class NotFound(Problem, slug="not-found", status=404):
    """There is no such thing, or it belongs to somebody else."""


class MethodNotAllowed(Problem, slug="method-not-allowed", status=405):
    """This path does not know this method; see the Allow header."""


class PayloadTooLarge(Problem, slug="payload-too-large", status=413, members={"limit": INT}):
    """The body is larger than the limit in bytes."""


class UnsupportedMediaType(Problem, slug="unsupported-media-type", status=415):
    """Send the body as `Content-Type: application/json`."""


class ValidationFailed(Problem, slug="validation-failed", status=422, members={"errors": FIELDS}):
    """One or more fields are wrong; each entry names the field and the mend."""


class RateLimited(Problem, slug="rate-limited", status=429):
    """Too many calls; wait as long as Retry-After says."""


class Internal(Problem, slug="internal", status=500):
    """Something failed on our side; tell us the correlation id."""


class Unavailable(Problem, slug="unavailable", status=503):
    """A part this call needs does not answer; try again after Retry-After seconds."""


class IdempotencyInProgress(Problem, slug="idempotency-in-progress", status=409):
    """A call with this Idempotency-Key is still running; ask again in a second."""


class IdempotencyKeyReused(Problem, slug="idempotency-key-reused", status=422):
    """This Idempotency-Key was used with another body; take a new key for a new call."""


class CursorInvalid(Problem, slug="cursor-invalid", status=422):
    """This cursor is not one of ours for this list, filter and sort; start again without it."""


class VersionConflict(Problem, slug="version-conflict", status=409, members={"current_version": INT}):
    """Somebody changed it in between; read it again."""


class CurrencyMismatch(
    Problem, slug="currency-mismatch", status=422, members={"expected": CURRENCY, "given": CURRENCY}
):
    """Amounts of two currencies do not mix."""


class SignatureInvalid(Problem, slug="signature-invalid", status=401):
    """The signature is not the provider's, or too old."""


class ReadModelUnavailable(Problem, slug="read-model-unavailable", status=503, members={"source": TEXT}):
    """The read model is not there at the moment."""
