-- Grain: one event of any kind, its payload as it stood in the log; landed once.
CREATE TABLE events
(
    topic LowCardinality(String), partition UInt16, offset Int64, line_no UInt32, event_id UUID,
    event LowCardinality(String), version UInt16, aggregate_id UUID, aggregate_seq Int64, tx Int64,
    occurred_at DateTime64(3, 'UTC'), recorded_at DateTime64(3, 'UTC'), user_id Nullable(UUID),
    correlation_id String, causation_id Nullable(UUID), data String CODEC(ZSTD(1)),
    landed_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    INDEX place offset TYPE minmax, INDEX recorded recorded_at TYPE minmax, INDEX causes correlation_id TYPE bloom_filter
)
ENGINE = MergeTree
ORDER BY (event, occurred_at, event_id)
SETTINGS non_replicated_deduplication_window = 1000;

-- Grain: topic x partition, the highest mark; an older or repeated mark changes nothing.
CREATE TABLE progress_state
(
    topic LowCardinality(String), partition UInt16, complete_to Int64, marked_at DateTime64(3, 'UTC'), offset Int64,
    landed_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(complete_to)
ORDER BY (topic, partition);

-- Grain: topic x partition: every fact with tx below complete_to stands in the landing tables and the marts.
CREATE VIEW progress AS
SELECT topic, partition, max(complete_to) AS complete_to, argMax(marked_at, s.complete_to) AS marked_at,
       argMax(landed_at, s.complete_to) AS landed_at
FROM progress_state AS s
GROUP BY topic, partition;

-- Grain: one row: up to which transaction all fact topics are complete, and when that mark was made.
CREATE VIEW progress_cut AS
SELECT min(progress.complete_to) AS complete_to, argMin(progress.marked_at, progress.complete_to) AS marked_at,
       count() AS partitions
FROM progress;

-- Grain: topic x partition: the last range of offsets that the sink noted before landing it. `cut` counts up per epoch.
CREATE TABLE sink_cuts
(
    topic LowCardinality(String), partition UInt16, epoch UInt64, cut UInt64, first_offset Int64, last_offset Int64,
    noted_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'), rank UInt128 MATERIALIZED toUInt128(epoch) * 4294967296 + cut
)
ENGINE = ReplacingMergeTree(rank)
ORDER BY (topic, partition);

-- Grain: topic x partition: the youngest sink that may land it; an older one stops when it sees a younger epoch.
CREATE TABLE sink_claims
(
    topic LowCardinality(String), partition UInt16, epoch UInt64,
    claimed_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(epoch)
ORDER BY (topic, partition);

-- Grain: one line that could not be read or handled, with its place in the log; the line itself stays in the log.
CREATE TABLE dead_letters
(
    topic LowCardinality(String), partition UInt16, offset Int64, line_no UInt32, reason String,
    consumer LowCardinality(String), attempts UInt32, failed_at DateTime64(3, 'UTC'),
    landed_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(attempts)
ORDER BY (topic, partition, offset, line_no);

-- Grain: stream table x key, the newest value; an older or repeated one changes nothing.
CREATE TABLE stream_tables_state
(
    `table` LowCardinality(String), key String, value String CODEC(ZSTD(1)), partition UInt16, offset Int64,
    deleted UInt8, changed_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(offset, deleted)
ORDER BY (`table`, key);

-- Grain: stream table x key: the value as JSON and the position of its change.
CREATE VIEW stream_tables AS
SELECT `table`, key, value, partition, offset, changed_at
FROM stream_tables_state FINAL;

-- Grain: topic x minute of landing x delay (rounded up to the next quarter of a power of two, in ms); counts.
CREATE TABLE pipeline_health_state
(
    minute DateTime('UTC'), topic LowCardinality(String), delay_ms UInt32, events SimpleAggregateFunction(sum, Int64)
)
ENGINE = AggregatingMergeTree
ORDER BY (minute, topic, delay_ms)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE MATERIALIZED VIEW pipeline_health_mv_v1 TO pipeline_health_state AS
SELECT toStartOfMinute(landed_at) AS minute, topic,
       toUInt32(exp2(ceil(log2(greatest(1, dateDiff('millisecond', recorded_at, landed_at))) * 4) / 4)) AS delay_ms,
       toInt64(count()) AS events
FROM events
GROUP BY minute, topic, delay_ms;

-- Grain: topic x minute of landing: events, and the delay from recorded to landed that half and 99 % stayed below.
CREATE VIEW pipeline_health_minute AS
SELECT minute, topic, sum(s.events) AS events, quantileExactWeighted(0.5)(delay_ms, toUInt64(s.events)) AS delay_p50_ms,
       quantileExactWeighted(0.99)(delay_ms, toUInt64(s.events)) AS delay_p99_ms
FROM pipeline_health_state AS s
GROUP BY minute, topic;
