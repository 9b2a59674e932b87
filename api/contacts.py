"""E-mail addresses and phone numbers as requests give them."""

from typing import Annotated

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field, StringConstraints


def kept(value: str) -> str:
    """An e-mail address as accounts keep it, however it is written: small letters, its domain in its own alphabet.

    EmailNotValidError for what is none.
    """
    return validate_email(value, check_deliverability=False, test_environment=True).normalized.lower()


def _email(value: str) -> str:
    try:
        return kept(value)
    except EmailNotValidError as error:
        raise ValueError(f"must be an e-mail address such as ann@example.com: {error}") from error


def _phone(value: str) -> str:
    try:
        number = phonenumbers.parse(value)
    except phonenumbers.NumberParseException as error:
        raise ValueError("must be a phone number with + and country code such as +442079460000") from error
    if not phonenumbers.is_possible_number(number):
        raise ValueError("is too long or too short for its country code")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=255),
    AfterValidator(_email),
    Field(examples=["ann@example.com"]),
]
Phone = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=20),
    AfterValidator(_phone),
    Field(examples=["+442079460000"]),
]
