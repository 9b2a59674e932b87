"""Reads a whole topic, for tests."""

from kafka import KafkaConsumer, TopicPartition

from streams.events.partitions import PARTITIONS


def bodies(bootstrap: str, topic: str) -> list[bytes]:
    """Every line of a topic."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, group_id=None, auto_offset_reset="earliest")
    try:
        places = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        consumer.assign(places)
        ends, lines = consumer.end_offsets(places), []
        consumer.seek_to_beginning(*places)
        while any(consumer.position(place) < ends[place] for place in places):
            for messages in consumer.poll(timeout_ms=500).values():
                lines += [line for message in messages for line in message.value.split(b"\n") if line]
        return lines
    finally:
        consumer.close()
