"""Benchmarks of the transactional core: its api, reactor and relay over PostgreSQL."""
