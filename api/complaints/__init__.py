"""Complaints about orders, and how they were resolved."""
