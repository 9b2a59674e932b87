"""Requests and answers of accounts, sign-in and addresses."""

from api.users.schemas.accounts import (
    AccountChange,
    Contact,
    Erase,
    Login,
    Logout,
    Password,
    Refresh,
    Register,
    RoleChange,
    Session,
    User,
    UserChange,
    UserFilter,
)
from api.users.schemas.addresses import Address, AddressChange, Addresses, NewAddress
from api.users.schemas.codes import CodeGiven, CodeSent, CodeWanted, NewPassword, Verified

__all__ = [
    "AccountChange",
    "Address",
    "AddressChange",
    "Addresses",
    "CodeGiven",
    "CodeSent",
    "CodeWanted",
    "Contact",
    "Erase",
    "Login",
    "Logout",
    "NewAddress",
    "NewPassword",
    "Password",
    "Refresh",
    "Register",
    "RoleChange",
    "Session",
    "User",
    "UserChange",
    "UserFilter",
    "Verified",
]
