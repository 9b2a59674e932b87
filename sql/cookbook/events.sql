-- What happened to one aggregate, in order? (here: the order that changed last)
SELECT occurred_at, event, aggregate_seq, topic, partition, offset, data
FROM events
WHERE aggregate_id = (SELECT aggregate_id FROM events WHERE topic = 'orders' ORDER BY occurred_at DESC LIMIT 1)
ORDER BY aggregate_seq
