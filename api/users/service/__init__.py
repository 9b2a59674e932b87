"""Accounts, sessions and address books."""

from api.users.service.accounts import change, grant, register
from api.users.service.addresses import add_address, change_address, remove_address
from api.users.service.erasure import erase
from api.users.service.proofs import note_verified, set_password
from api.users.service.roles import administer, set_roles
from api.users.service.sessions import Tokens, begin, close, fail, renew

__all__ = [
    "Tokens",
    "add_address",
    "administer",
    "begin",
    "change",
    "change_address",
    "close",
    "erase",
    "fail",
    "grant",
    "note_verified",
    "register",
    "remove_address",
    "renew",
    "set_password",
    "set_roles",
]
