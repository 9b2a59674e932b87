"""The sink: lands every line of the log in ClickHouse exactly once, views included."""
