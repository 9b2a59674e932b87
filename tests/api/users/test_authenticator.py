"""Codes of an authenticator app, without an api."""

import time
from uuid import UUID

import pyotp

from api.users.authenticator import Authenticator

OWNER, OTHER = UUID(int=1), UUID(int=2)


def test_what_was_kept_under_another_secret_or_for_another_account_counts_no_more() -> None:
    """ASVS-6.5.2: whoever reads the table, or copies a row to another account, has no code; nothing breaks."""
    secret, kept = Authenticator("a secret of the platform").draw(OWNER)
    code = pyotp.TOTP(secret).now()
    assert Authenticator("a secret of the platform").step(OWNER, kept, code, after=None) in _about_now()
    assert Authenticator("another").step(OWNER, kept, code, after=None) is None
    assert Authenticator("a secret of the platform").step(OTHER, kept, code, after=None) is None


def _about_now() -> range:
    step = int(time.time()) // 30
    return range(step - 1, step + 2)
