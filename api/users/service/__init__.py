"""Accounts, sessions and address books."""

from api.users.service.accounts import change, grant, register
from api.users.service.addresses import add_address, change_address, remove_address
from api.users.service.erasure import erase
from api.users.service.proofs import note_verified, set_password
from api.users.service.roles import administer, set_roles
from api.users.service.second_factor import (
    Given,
    begin_second_factor,
    complete,
    confirm_second_factor,
    prove,
    remove_second_factor,
    renew_recovery_codes,
)
from api.users.service.sessions import Issuer, Tokens, begin, close, fail, refuse, renew

__all__ = [
    "Given",
    "Issuer",
    "Tokens",
    "add_address",
    "administer",
    "begin",
    "begin_second_factor",
    "change",
    "change_address",
    "close",
    "complete",
    "confirm_second_factor",
    "erase",
    "fail",
    "grant",
    "note_verified",
    "prove",
    "refuse",
    "register",
    "remove_address",
    "remove_second_factor",
    "renew",
    "renew_recovery_codes",
    "set_password",
    "set_roles",
]
