"""The relay: publishes what waits in the outbox to Kafka, each fact exactly once and in order (R-EVT-3, R-EVT-4)."""

from api.relay.process import main

__all__ = ["main"]
