ALTER TABLE landing_signals ADD COLUMN cart_id Nullable(UUID);

ALTER TABLE landing_signals ADD COLUMN user_id Nullable(UUID);

ALTER TABLE landing_signals ADD COLUMN lines Nullable(Int64);

ALTER TABLE landing_signals ADD COLUMN value_minor Nullable(Int64);

ALTER TABLE landing_signals ADD COLUMN currency LowCardinality(String);

ALTER TABLE landing_signals ADD COLUMN idle_since Nullable(DateTime64(3, 'UTC'));

ALTER TABLE landing_signals ADD COLUMN after_s Nullable(Int64);

ALTER TABLE landing_signals ADD COLUMN order_id Nullable(UUID);

ALTER TABLE landing_signals ADD COLUMN step LowCardinality(String);

ALTER TABLE landing_signals ADD COLUMN since Nullable(DateTime64(3, 'UTC'));

ALTER TABLE landing_signals MODIFY COLUMN product_id Nullable(UUID);

ALTER TABLE landing_signals MODIFY COLUMN seller_id Nullable(UUID);

ALTER TABLE landing_signals ADD COLUMN price_before_minor Nullable(Int64);

ALTER TABLE landing_signals ADD COLUMN price_after_minor Nullable(Int64);

ALTER TABLE landing_signals ADD COLUMN ratio Nullable(Float64);

ALTER TABLE landing_signals ADD COLUMN shipment_id Nullable(UUID);

ALTER TABLE landing_signals ADD COLUMN carrier LowCardinality(String);

ALTER TABLE landing_signals ADD COLUMN estimated_delivery Nullable(Date32);

ALTER TABLE landing_signals MODIFY COLUMN available Nullable(Int64);
