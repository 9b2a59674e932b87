"""Payouts of what is due to sellers."""
