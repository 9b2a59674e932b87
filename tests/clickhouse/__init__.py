"""Tests of the warehouse on a real ClickHouse and a real Kafka."""
