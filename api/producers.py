"""Ends a Kafka producer whose broker went away, with everything that it has not delivered."""

from kafka import KafkaProducer
from kafka.errors import KafkaTimeoutError

import streams.checksums  # noqa: F401 - checksums in C

JOIN_S = 5.0


def abandon(producer: KafkaProducer) -> None:
    """Close at once; when this returns nothing more is sent.

    `close(timeout=0)` of kafka-python 3.0 flushes first, raises when messages are left, and then goes on sending them
    in the background, behind the back of whoever reads the log to see what arrived: so the sender is stopped before.
    """
    sender = producer._sender
    if sender is not None:
        sender.force_close()
        sender.join(JOIN_S)
    try:
        producer.close(timeout=0)
    except KafkaTimeoutError:
        return
