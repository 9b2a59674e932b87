-- Grain: seller (zeros for the platform) x currency x hour x kind of entry x account; sums of journal lines, and the
-- orders behind sales as a set, so that a repeated order changes nothing. All books are read from here.
CREATE TABLE ledger_hour_state
(
    seller_id UUID, currency LowCardinality(String), hour DateTime('UTC'), kind LowCardinality(String),
    account LowCardinality(String), debit_minor SimpleAggregateFunction(sum, Int64),
    credit_minor SimpleAggregateFunction(sum, Int64), units SimpleAggregateFunction(sum, Int64),
    orders AggregateFunction(uniqExact, UUID)
)
ENGINE = AggregatingMergeTree
ORDER BY (seller_id, currency, hour, kind, account)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE MATERIALIZED VIEW ledger_hour_mv_v1 TO ledger_hour_state AS
SELECT ifNull(l.seller_id, toUUID('00000000-0000-0000-0000-000000000000')) AS seller_id, l.currency AS currency,
       toStartOfHour(l.occurred_at) AS hour, l.kind AS kind, l.account AS account, sum(l.debit_minor) AS debit_minor,
       sum(l.credit_minor) AS credit_minor, sum(ifNull(l.units, 0)) AS units,
       uniqExactStateIf(assumeNotNull(l.order_id), l.kind = 'sale' AND l.account = 'sales' AND l.order_id IS NOT NULL) AS orders
FROM landing_journal_lines AS l
GROUP BY seller_id, currency, hour, kind, account;

-- Grain: seller x currency x account x UTC day: debits and credits of the ledger.
CREATE VIEW ledger_account_day AS
SELECT seller_id, currency, account, toDate(hour) AS day, sum(s.debit_minor) AS debit_minor,
       sum(s.credit_minor) AS credit_minor
FROM ledger_hour_state AS s
GROUP BY seller_id, currency, account, day;

-- Grain: seller x currency x hour: the definitions of the books, once; orders with a sale line as a set.
CREATE VIEW books_cells AS
SELECT seller_id, currency, hour,
       sumIf(credit_minor, kind = 'sale' AND account IN ('sales', 'tax_payable')) AS gross_minor,
       sumIf(debit_minor, account = 'discounts') AS discount_minor,
       sumIf(debit_minor, kind = 'refund' AND account IN ('refunds', 'tax_payable')) AS refund_minor,
       gross_minor - discount_minor - refund_minor - tax_minor AS net_minor,
       sumIf(credit_minor - debit_minor, account = 'tax_payable') AS tax_minor,
       sumIf(credit_minor - debit_minor, account = 'shipping_income') AS shipping_minor,
       sumIf(debit_minor - credit_minor, account = 'commission_charged') AS commission_minor,
       sumIf(s.units, account = 'sales') AS units, sumIf(s.units, account = 'refunds') AS units_returned,
       uniqExactMergeState(s.orders) AS orders_state
FROM ledger_hour_state AS s
WHERE account IN ('sales', 'tax_payable', 'discounts', 'refunds', 'shipping_income', 'commission_charged')
  AND seller_id != toUUID('00000000-0000-0000-0000-000000000000')
GROUP BY seller_id, currency, hour;

-- Grain: seller x currency x hour: the books. To count orders over several hours: books_cells, uniqExactMerge.
CREATE VIEW books_hour AS
SELECT * EXCEPT (orders_state), finalizeAggregation(orders_state) AS orders
FROM books_cells;

-- Grain: seller x currency x UTC day of the entry: the books (ARCHITECTURE.md, "The books"); refunds on their own day.
CREATE VIEW books_day AS
SELECT seller_id, currency, toDate(hour) AS day, sum(b.gross_minor) AS gross_minor, sum(b.discount_minor) AS discount_minor,
       sum(b.refund_minor) AS refund_minor, sum(b.net_minor) AS net_minor, sum(b.tax_minor) AS tax_minor,
       sum(b.shipping_minor) AS shipping_minor, sum(b.commission_minor) AS commission_minor, sum(b.units) AS units,
       sum(b.units_returned) AS units_returned, uniqExactMerge(b.orders_state) AS orders
FROM books_cells AS b
GROUP BY seller_id, currency, day;

-- Grain: seller x product x currency x hour; sums of journal lines of goods, orders as a set (repeats change nothing).
CREATE TABLE sales_product_hour_state
(
    seller_id UUID, product_id UUID, currency LowCardinality(String), hour DateTime('UTC'),
    gross_minor SimpleAggregateFunction(sum, Int64), discount_minor SimpleAggregateFunction(sum, Int64),
    refund_minor SimpleAggregateFunction(sum, Int64), tax_minor SimpleAggregateFunction(sum, Int64),
    shipping_minor SimpleAggregateFunction(sum, Int64), units SimpleAggregateFunction(sum, Int64),
    units_returned SimpleAggregateFunction(sum, Int64), orders AggregateFunction(uniqExact, UUID)
)
ENGINE = AggregatingMergeTree
ORDER BY (seller_id, currency, hour, product_id)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE MATERIALIZED VIEW sales_product_hour_mv_v1 TO sales_product_hour_state AS
SELECT assumeNotNull(l.seller_id) AS seller_id, assumeNotNull(l.product_id) AS product_id, l.currency AS currency,
       toStartOfHour(l.occurred_at) AS hour,
       sumIf(l.credit_minor, l.kind = 'sale' AND l.account IN ('sales', 'tax_payable')) AS gross_minor,
       sumIf(l.debit_minor, l.account = 'discounts') AS discount_minor,
       sumIf(l.debit_minor, l.kind = 'refund' AND l.account IN ('refunds', 'tax_payable')) AS refund_minor,
       sumIf(l.credit_minor - l.debit_minor, l.account = 'tax_payable') AS tax_minor,
       sumIf(l.credit_minor - l.debit_minor, l.account = 'shipping_income') AS shipping_minor,
       sumIf(ifNull(l.units, 0), l.account = 'sales') AS units,
       sumIf(ifNull(l.units, 0), l.account = 'refunds') AS units_returned,
       uniqExactStateIf(assumeNotNull(l.order_id), l.kind = 'sale' AND l.account = 'sales' AND l.order_id IS NOT NULL) AS orders
FROM landing_journal_lines AS l
WHERE l.product_id IS NOT NULL AND l.seller_id IS NOT NULL
  AND l.account IN ('sales', 'tax_payable', 'discounts', 'refunds', 'shipping_income')
GROUP BY seller_id, product_id, currency, hour;

-- Grain: seller x product x currency x hour. To count orders over several cells: sales_product_hour_state,
-- uniqExactMerge(orders).
CREATE VIEW sales_product_hour AS
SELECT seller_id, product_id, currency, hour, sum(s.gross_minor) AS gross_minor, sum(s.discount_minor) AS discount_minor,
       sum(s.refund_minor) AS refund_minor, sum(s.tax_minor) AS tax_minor, sum(s.shipping_minor) AS shipping_minor,
       gross_minor - discount_minor - refund_minor - tax_minor AS net_minor, sum(s.units) AS units,
       sum(s.units_returned) AS units_returned, uniqExactMerge(s.orders) AS orders
FROM sales_product_hour_state AS s
GROUP BY seller_id, product_id, currency, hour;
