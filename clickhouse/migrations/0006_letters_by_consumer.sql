-- Grain: one line x consumer that could not read or handle it, with its place in the log; the line itself stays there.
-- A letter that is written again replaces the one before it.
DROP TABLE dead_letters;

CREATE TABLE dead_letters
(
    topic LowCardinality(String), partition UInt16, offset Int64, line_no UInt32, reason String,
    consumer LowCardinality(String), attempts UInt32, failed_at DateTime64(3, 'UTC'),
    landed_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(attempts)
ORDER BY (topic, partition, offset, line_no, consumer);
