"""The pages of sellers and operations: they read ClickHouse only, and write nothing."""
