"""Errors about accounts and sellers."""

from api.errors.members import INT, MINOR, STATUS, TEXT
from api.problems import Problem


class EmailTaken(Problem, slug="email-taken", status=409, members={"field": TEXT}):
    """Another account has this e-mail address."""


class UsernameTaken(Problem, slug="username-taken", status=409, members={"field": TEXT}):
    """Another account has this username."""


class InvalidCredentials(Problem, slug="invalid-credentials", status=401):
    """E-mail or password is wrong."""


class SecondFactorNeeded(
    Problem, slug="second-factor-needed", status=401, members={"challenge": TEXT, "expires_in": INT}
):
    """The password is right; give the challenge and a code at POST /v1/auth/second-factor to sign in."""


class SecondFactorInvalid(Problem, slug="second-factor-invalid", status=401):
    """This code is wrong or was used before; wait for the next one, or give a recovery code that is unused."""


class SecondFactorRequired(Problem, slug="second-factor-required", status=403):
    """Operators and admins need a second factor here; turn it on at POST /v1/users/me/second-factor."""


class SecondFactorState(Problem, slug="second-factor-state", status=409, members={"current_status": STATUS}):
    """The second factor of this account is off, begun or on, and this call needs it otherwise."""


class AccountDisabled(Problem, slug="account-disabled", status=403, members={"current_status": STATUS}):
    """This account is locked or disabled."""


class TokenRevoked(Problem, slug="token-revoked", status=401):
    """This token does not count any more; sign in again."""


class OpenObligations(Problem, slug="open-obligations", status=409, members={"orders": INT, "balance_minor": MINOR}):
    """Orders are under way, or money is still owed; settle them first."""


class SellerExists(Problem, slug="seller-exists", status=409, members={"current_status": STATUS}):
    """This account has a seller account already, or the display name is taken."""


class SellerInactive(Problem, slug="seller-inactive", status=409, members={"current_status": STATUS}):
    """The seller account is not active."""


class OtpInvalid(Problem, slug="otp-invalid", status=422, members={"attempts_left": INT}):
    """This code is wrong, used up, or older than five minutes; ask for a new one."""


class OtpAttemptsExhausted(Problem, slug="otp-attempts-exhausted", status=429, members={"retry_after_s": INT}):
    """Too many wrong codes; wait as long as Retry-After says."""


class TooManyAddresses(Problem, slug="too-many-addresses", status=409, members={"limit": INT}):
    """The address book is full; delete an address first."""


class RoleConflict(Problem, slug="role-conflict", status=409, members={"role": TEXT}):
    """The role cannot be given or taken: the last admin stays one, a seller needs a seller account."""
