"""Shipments and where they are."""
