"""The pages against a real ClickHouse."""
