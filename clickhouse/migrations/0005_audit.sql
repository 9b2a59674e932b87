-- Grain: one run of the audit: the cut it compared at, cells compared and differing, the verdict (equal, different,
-- could_not_compare) and why it could not.
CREATE TABLE audit_verdicts
(
    run_id UUID, at DateTime64(3, 'UTC'), complete_to Int64, cells UInt64, differing UInt64,
    verdict LowCardinality(String), seconds Float64, reason String
)
ENGINE = ReplacingMergeTree
ORDER BY (at, run_id);

-- Grain: run x cell that differs: what the core, the landed rows and the mart say, in minor units.
CREATE TABLE audit_differences
(
    run_id UUID, at DateTime64(3, 'UTC'), seller_id UUID, currency LowCardinality(String),
    account LowCardinality(String), day Date, measure LowCardinality(String), core_minor Nullable(Int64),
    landing_minor Nullable(Int64), mart_minor Nullable(Int64)
)
ENGINE = ReplacingMergeTree
ORDER BY (at, run_id, seller_id, currency, account, day, measure);
