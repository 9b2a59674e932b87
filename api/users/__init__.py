"""Accounts, sign-in, addresses and roles."""
