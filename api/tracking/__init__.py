"""Clicks: validated, batched and written straight to the log."""
