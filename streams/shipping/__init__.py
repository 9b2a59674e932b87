"""Parcels on their way, and which of them are late."""
