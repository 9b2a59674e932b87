"""Simulated shoppers and sellers who use the real API over HTTP, as people would."""
