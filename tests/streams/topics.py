"""Reads a whole topic, for tests."""

from kafka import KafkaConsumer, TopicPartition

from streams.events.partitions import PARTITIONS


def bodies(bootstrap: str, topic: str) -> list[bytes]:
    """Every line of a topic."""
    return [line for _, line in stamped(bootstrap, topic)]


def stamped(bootstrap: str, topic: str) -> list[tuple[int, bytes]]:
    """Every line of a topic, with the moment it was written in milliseconds of the epoch."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, group_id=None, auto_offset_reset="earliest")
    try:
        places = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        consumer.assign(places)
        ends, lines = consumer.end_offsets(places), list[tuple[int, bytes]]()
        consumer.seek_to_beginning(*places)
        while any(consumer.position(place) < ends[place] for place in places):
            for messages in consumer.poll(timeout_ms=500).values():
                for message in messages:
                    lines += [(message.timestamp, line) for line in message.value.split(b"\n") if line]
        return lines
    finally:
        consumer.close()
