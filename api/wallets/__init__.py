"""Wallets: money that shoppers keep with the platform."""
