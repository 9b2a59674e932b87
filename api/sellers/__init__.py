"""Seller accounts."""
