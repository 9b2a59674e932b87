"""The audit against real servers."""
