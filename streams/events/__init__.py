"""The vocabulary of the log: every event defined once, as plain data, and how it is written to and read from a line."""

from streams.events.envelope import Envelope, Event, Header, Item, Shortage
from streams.events.registry import EVENTS, FACT_TOPICS, TOPICS, event_class

__all__ = ["EVENTS", "FACT_TOPICS", "TOPICS", "Envelope", "Event", "Header", "Item", "Shortage", "event_class"]
