-- Grain: one seller account, its newest state; an older or repeated event changes nothing.
CREATE TABLE dim_seller_state
(
    seller_id UUID, slug String, display_name String, currency LowCardinality(String), commission_bp Int64,
    low_stock_threshold Int64, status LowCardinality(String), aggregate_seq Int64, changed_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(aggregate_seq)
ORDER BY seller_id
SETTINGS non_replicated_deduplication_window = 1000;

CREATE MATERIALIZED VIEW dim_seller_mv_v1 TO dim_seller_state AS
SELECT seller_id, slug, display_name, currency, commission_bp, low_stock_threshold, status, aggregate_seq,
       occurred_at AS changed_at
FROM landing_sellers;

-- Grain: one seller account.
CREATE VIEW dim_seller AS
SELECT seller_id, slug, display_name, currency, commission_bp, low_stock_threshold, status, changed_at
FROM dim_seller_state FINAL;

-- Grain: one product, its newest state; an older or repeated event changes nothing. A deleted product keeps its names.
CREATE TABLE dim_product_state
(
    product_id UUID, seller_id UUID, sku String, title String, category_id UUID, category Array(String),
    brand LowCardinality(String), price_minor Int64, currency LowCardinality(String), tax_bp Int64,
    status LowCardinality(String), aggregate_seq Int64, changed_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(aggregate_seq)
ORDER BY product_id
SETTINGS non_replicated_deduplication_window = 1000;

CREATE MATERIALIZED VIEW dim_product_mv_v1 TO dim_product_state AS
SELECT product_id, seller_id, sku, title, assumeNotNull(p.category_id) AS category_id, category, brand,
       assumeNotNull(p.price_minor) AS price_minor, currency, ifNull(p.tax_bp, 0) AS tax_bp, status, aggregate_seq,
       occurred_at AS changed_at
FROM landing_products AS p
WHERE event IN ('product.created', 'product.updated');

-- Grain: one product; `category` is the path of names from the top level down.
CREATE VIEW dim_product AS
SELECT product_id, seller_id, sku, title, category_id, category, brand, price_minor, currency, tax_bp,
       if(product_id IN (SELECT product_id FROM landing_products WHERE event = 'product.deleted'), 'deleted', s.status) AS status,
       changed_at
FROM dim_product_state AS s FINAL;

-- Grain: one stock row (product x bucket), its newest state by version; an older or repeated one changes nothing.
CREATE TABLE stock_rows_state
(
    inventory_id UUID, product_id UUID, seller_id UUID, version Int64, on_hand Int64, reserved Int64,
    moved_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (product_id, inventory_id)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE MATERIALIZED VIEW stock_rows_mv_v1 TO stock_rows_state AS
SELECT m.inventory_id AS inventory_id, any(m.product_id) AS product_id, any(m.seller_id) AS seller_id,
       max(m.aggregate_seq) AS version, argMax(m.on_hand_after, m.aggregate_seq) AS on_hand,
       argMax(m.reserved_after, m.aggregate_seq) AS reserved, argMax(m.occurred_at, m.aggregate_seq) AS moved_at
FROM landing_stock_movements AS m
GROUP BY inventory_id;

-- Grain: one product, over all its buckets.
CREATE VIEW stock_levels AS
SELECT product_id, any(s.seller_id) AS seller_id, sum(s.on_hand) AS on_hand, sum(s.reserved) AS reserved,
       on_hand - reserved AS available, max(s.moved_at) AS last_movement_at
FROM stock_rows_state AS s FINAL
GROUP BY product_id;

-- Grain: product x hour: views and units' way into carts, as counts. Orders come from the ledger's sales.
CREATE TABLE funnel_hour_state
(
    product_id UUID, hour DateTime('UTC'), views SimpleAggregateFunction(sum, Int64),
    carts SimpleAggregateFunction(sum, Int64)
)
ENGINE = AggregatingMergeTree
ORDER BY (product_id, hour)
SETTINGS non_replicated_deduplication_window = 1000;

-- Clicks of the browser about carts are not counted: the core's own facts are (R-TRK-9).
CREATE MATERIALIZED VIEW funnel_clicks_mv_v1 TO funnel_hour_state AS
SELECT assumeNotNull(c.product_id) AS product_id, toStartOfHour(c.occurred_at) AS hour,
       toInt64(countIf(c.click_name = 'Product Viewed')) AS views, toInt64(countIf(c.click_name = 'Product Added')) AS carts
FROM landing_clicks AS c
WHERE c.product_id IS NOT NULL
  AND (c.click_name = 'Product Viewed' OR (c.click_name = 'Product Added' AND c.source != 'client'))
GROUP BY product_id, hour;

CREATE MATERIALIZED VIEW funnel_carts_mv_v1 TO funnel_hour_state AS
SELECT assumeNotNull(c.product_id) AS product_id, toStartOfHour(c.occurred_at) AS hour, toInt64(0) AS views,
       toInt64(count()) AS carts
FROM landing_carts AS c
WHERE c.event = 'cart.item.added'
GROUP BY product_id, hour;

-- Grain: product x hour: views, additions to carts, orders with a sale line of the product; the seller by the catalogue.
CREATE VIEW funnel_hour AS
SELECT f.product_id AS product_id, p.seller_id AS seller_id, f.hour AS hour, f.views AS views, f.carts AS carts,
       f.orders AS orders
FROM
(
    SELECT product_id, hour, sum(views) AS views, sum(carts) AS carts, sum(orders) AS orders
    FROM
    (
        SELECT product_id, hour, views, carts, 0 AS orders FROM funnel_hour_state
        UNION ALL
        SELECT product_id, hour, 0 AS views, 0 AS carts, toInt64(uniqExactMerge(s.orders)) AS orders
        FROM sales_product_hour_state AS s GROUP BY product_id, hour
    )
    GROUP BY product_id, hour
    HAVING views != 0 OR carts != 0 OR orders != 0
) AS f
LEFT JOIN (SELECT product_id, seller_id FROM dim_product_state FINAL) AS p ON p.product_id = f.product_id;

-- Grain: minute in which it happened: orders placed, confirmed and cancelled.
CREATE TABLE orders_minute_state
(
    minute DateTime('UTC'), created SimpleAggregateFunction(sum, Int64),
    confirmed SimpleAggregateFunction(sum, Int64), cancelled SimpleAggregateFunction(sum, Int64)
)
ENGINE = AggregatingMergeTree
ORDER BY minute
SETTINGS non_replicated_deduplication_window = 1000;

CREATE MATERIALIZED VIEW orders_minute_mv_v1 TO orders_minute_state AS
SELECT toStartOfMinute(o.occurred_at) AS minute, toInt64(countIf(o.event = 'order.created')) AS created,
       toInt64(countIf(o.event = 'order.confirmed')) AS confirmed,
       toInt64(countIf(o.event = 'order.cancelled')) AS cancelled
FROM landing_orders AS o
WHERE o.event IN ('order.created', 'order.confirmed', 'order.cancelled')
GROUP BY minute;

-- Grain: minute.
CREATE VIEW orders_minute AS
SELECT minute, sum(s.created) AS created, sum(s.confirmed) AS confirmed, sum(s.cancelled) AS cancelled
FROM orders_minute_state AS s
GROUP BY minute;
