"""Checkout and the life of an order."""
