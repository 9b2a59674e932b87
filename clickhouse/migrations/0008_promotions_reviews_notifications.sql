ALTER TABLE landing_carts ADD COLUMN promotion_id Nullable(UUID);

ALTER TABLE landing_carts ADD COLUMN discount_minor Nullable(Int64);

-- Grain: one event; the sink lands it once, and a repeated insert is dropped by its token.
CREATE TABLE landing_notifications
(
    topic LowCardinality(String), partition UInt16, offset Int64, line_no UInt32, event_id UUID,
    event LowCardinality(String), version UInt16, aggregate_id UUID, aggregate_seq Int64, tx Int64,
    occurred_at DateTime64(3, 'UTC'), recorded_at DateTime64(3, 'UTC'), notification_id UUID,
    type LowCardinality(String), user_id Nullable(UUID), channel LowCardinality(String),
    cause_event_id Nullable(UUID), attempts Nullable(Int64), waited_ms Nullable(Int64),
    reason LowCardinality(String), landed_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    INDEX place offset TYPE minmax
)
ENGINE = MergeTree
ORDER BY (occurred_at, event_id)
SETTINGS non_replicated_deduplication_window = 1000;

-- Grain: one event; the sink lands it once, and a repeated insert is dropped by its token.
CREATE TABLE landing_promotions
(
    topic LowCardinality(String), partition UInt16, offset Int64, line_no UInt32, event_id UUID,
    event LowCardinality(String), version UInt16, aggregate_id UUID, aggregate_seq Int64, tx Int64,
    occurred_at DateTime64(3, 'UTC'), recorded_at DateTime64(3, 'UTC'), promotion_id UUID, order_id Nullable(UUID),
    user_id Nullable(UUID), discount_minor Nullable(Int64), currency LowCardinality(String),
    funded_by LowCardinality(String), kind LowCardinality(String), scope LowCardinality(String),
    seller_id Nullable(UUID), starts_at Nullable(DateTime64(3, 'UTC')), ends_at Nullable(DateTime64(3, 'UTC')),
    has_code Nullable(Bool), status LowCardinality(String), changed Array(String), announce Nullable(Bool),
    landed_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    INDEX place offset TYPE minmax
)
ENGINE = MergeTree
ORDER BY (occurred_at, event_id)
SETTINGS non_replicated_deduplication_window = 1000;

-- Grain: one event; the sink lands it once, and a repeated insert is dropped by its token.
CREATE TABLE landing_reviews
(
    topic LowCardinality(String), partition UInt16, offset Int64, line_no UInt32, event_id UUID,
    event LowCardinality(String), version UInt16, aggregate_id UUID, aggregate_seq Int64, tx Int64,
    occurred_at DateTime64(3, 'UTC'), recorded_at DateTime64(3, 'UTC'), review_id UUID, product_id UUID,
    seller_id UUID, length Nullable(Int64), user_id Nullable(UUID), rating Nullable(Int64),
    rating_before Nullable(Int64), landed_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    INDEX place offset TYPE minmax
)
ENGINE = MergeTree
ORDER BY (occurred_at, event_id)
SETTINGS non_replicated_deduplication_window = 1000;
