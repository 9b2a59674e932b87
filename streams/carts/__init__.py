"""Carts that are not bought yet, and which of them were left alone."""
