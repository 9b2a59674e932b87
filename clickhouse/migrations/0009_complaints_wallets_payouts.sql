-- Grain: one event; the sink lands it once, and a repeated insert is dropped by its token.
CREATE TABLE landing_complaints
(
    topic LowCardinality(String), partition UInt16, offset Int64, line_no UInt32, event_id UUID,
    event LowCardinality(String), version UInt16, aggregate_id UUID, aggregate_seq Int64, tx Int64,
    occurred_at DateTime64(3, 'UTC'), recorded_at DateTime64(3, 'UTC'), complaint_id UUID, order_id UUID,
    order_item_id Nullable(UUID), seller_id Nullable(UUID), type LowCardinality(String),
    resolution_type LowCardinality(String), amount_minor Nullable(Int64), currency LowCardinality(String),
    open_for_s Nullable(Int64), status LowCardinality(String), changed Array(String), evidence_count Nullable(Int64),
    landed_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    INDEX place offset TYPE minmax
)
ENGINE = MergeTree
ORDER BY (occurred_at, event_id)
SETTINGS non_replicated_deduplication_window = 1000;

-- Grain: one event; the sink lands it once, and a repeated insert is dropped by its token.
CREATE TABLE landing_payouts
(
    topic LowCardinality(String), partition UInt16, offset Int64, line_no UInt32, event_id UUID,
    event LowCardinality(String), version UInt16, aggregate_id UUID, aggregate_seq Int64, tx Int64,
    occurred_at DateTime64(3, 'UTC'), recorded_at DateTime64(3, 'UTC'), payout_id UUID, seller_id UUID,
    amount_minor Int64, currency LowCardinality(String), reason LowCardinality(String),
    landed_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    INDEX place offset TYPE minmax
)
ENGINE = MergeTree
ORDER BY (occurred_at, event_id)
SETTINGS non_replicated_deduplication_window = 1000;

-- Grain: one event; the sink lands it once, and a repeated insert is dropped by its token.
CREATE TABLE landing_wallets
(
    topic LowCardinality(String), partition UInt16, offset Int64, line_no UInt32, event_id UUID,
    event LowCardinality(String), version UInt16, aggregate_id UUID, aggregate_seq Int64, tx Int64,
    occurred_at DateTime64(3, 'UTC'), recorded_at DateTime64(3, 'UTC'), wallet_id UUID, delta_minor Int64,
    balance_after_minor Int64, currency LowCardinality(String), cause_type LowCardinality(String), cause_id UUID,
    landed_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    INDEX place offset TYPE minmax
)
ENGINE = MergeTree
ORDER BY (occurred_at, event_id)
SETTINGS non_replicated_deduplication_window = 1000;
