"""Requests and answers of one-time codes and of new passwords."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from api.contacts import Email
from api.schemas import Answer, Body, misfit
from api.users.codes import LIFE_S, Kind
from api.users.schemas.accounts import Known, Password

Code = Annotated[str, StringConstraints(pattern="^[0-9]{6}$"), Field(examples=["042917"])]


class _About(Body):
    type: Kind
    email: Email | None = Field(default=None, description="for password_reset without signing in")

    @model_validator(mode="after")
    def _email_for_resets(self) -> "_About":
        if self.email and self.type != "password_reset":
            raise misfit("email", "is for password_reset alone; the others prove the address of the account")
        return self


class CodeWanted(_About):
    """What a code is to prove."""


class CodeSent(Answer):
    """A code is on its way, if there is such an account."""

    expires_in: int = Field(default=LIFE_S, description="seconds")


class CodeGiven(_About):
    """A code as it was typed."""

    code: Code


class Verified(Answer):
    """The code was right."""

    verified: Literal[True] = True


class NewPassword(Body):
    """A new password, by a code that came by e-mail or by the present one."""

    email: Email | None = None
    code: Code | None = None
    current_password: Known | None = None
    new_password: Password

    @model_validator(mode="after")
    def _one_proof(self) -> "NewPassword":
        if self.current_password is None and (self.email is None) != (self.code is None):
            raise misfit(*("email", "is needed with code") if self.code else ("code", "is needed with email"))
        if (self.email is None) != (self.code is None) or (self.code is None) == (self.current_password is None):
            raise ValueError("give either email and code, or current_password")
        return self
