"""Requests and answers of accounts, sign-in and addresses."""

from api.users.schemas.accounts import (
    AccountChange,
    Contact,
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

__all__ = [
    "AccountChange",
    "Address",
    "AddressChange",
    "Addresses",
    "Contact",
    "Login",
    "Logout",
    "NewAddress",
    "Password",
    "Refresh",
    "Register",
    "RoleChange",
    "Session",
    "User",
    "UserChange",
    "UserFilter",
]
