"""Requests and answers of the second factor."""

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from api.schemas import Answer, Body, Moment
from api.users.schemas.accounts import Known, Token
from api.users.schemas.codes import Code

RecoveryCode = Annotated[
    str,
    StringConstraints(pattern="^[A-Za-z2-7]{4}(-?[A-Za-z2-7]{4}){5}$"),
    Field(examples=["k3vq-7rma-2n5c-xw4t-p6hd-3zle"]),
]


class _Proof(Body):
    code: Code | None = Field(default=None, description="of the owner's app; works once")
    recovery_code: RecoveryCode | None = Field(default=None, description="in its place; works once")

    @model_validator(mode="after")
    def _one_code(self) -> "_Proof":
        if (self.code is None) == (self.recovery_code is None):
            raise ValueError("give either code or recovery_code")
        return self


class Challenged(_Proof):
    """The second step of signing in."""

    challenge: Token = Field(description="of the answer second-factor-needed to POST /v1/auth/login")


class SecondFactorWanted(Body):
    """The present password: whoever has taken a session must not lock its owner out."""

    password: Known


class SecondFactorConfirmed(Body):
    """A code of the app that has read the secret."""

    code: Code


class SecondFactorProof(_Proof):
    """The present password and a code."""

    password: Known


class SecondFactor(Answer):
    """Whether signing in takes a code beside the password."""

    enabled: bool
    since: Moment | None
    recovery_codes_left: int


class SecondFactorBegun(Answer):
    """What an authenticator app is told; it counts once a code of it was given."""

    secret: str = Field(description="base32, shown this once", examples=["JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"])
    otpauth_uri: str = Field(
        description="the same for a QR code",
        examples=["otpauth://totp/Atlantic:ann%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Atlantic"],
    )


class NewRecoveryCodes(Answer):
    """Codes for the day when the app is lost, each good for one time; shown this once."""

    recovery_codes: list[str] = Field(
        examples=[[f"{start}vq-7rma-2n5c-xw4t-p6hd-3zle" for start in ("k3", "m5", "q2", "t7", "a4", "c6", "e3", "h2",
                                                                       "w5", "z7")]]
    )  # fmt: skip
