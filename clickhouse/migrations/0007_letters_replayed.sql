-- Grain: one line x consumer that could not read or handle it, with its place in the log; the line itself stays there.
-- `replayed_as` is where the line was put back (topic-partition-offset), empty while it waits to be. A letter that is
-- written again replaces the one before it; the one that tells of the replay replaces all, in whatever order they land.
CREATE TABLE dead_letters_next
(
    topic LowCardinality(String), partition UInt16, offset Int64, line_no UInt32, reason String,
    consumer LowCardinality(String), attempts UInt32, replayed_as String, failed_at DateTime64(3, 'UTC'),
    landed_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    rank UInt64 MATERIALIZED toUInt64(attempts) + if(replayed_as = '', 0, 4294967296)
)
ENGINE = ReplacingMergeTree(rank)
ORDER BY (topic, partition, offset, line_no, consumer);

INSERT INTO dead_letters_next (topic, partition, offset, line_no, reason, consumer, attempts, failed_at, landed_at)
SELECT topic, partition, offset, line_no, reason, consumer, attempts, failed_at, landed_at FROM dead_letters FINAL;

DROP TABLE dead_letters;

RENAME TABLE dead_letters_next TO dead_letters;
