"""Reads both sides of the books, the core and ClickHouse, compares them at one cut, and says so."""
