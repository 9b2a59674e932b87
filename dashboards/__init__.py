"""The pages of sellers and operations: every figure comes from ClickHouse, sessions and health from the api; they write
nothing."""
