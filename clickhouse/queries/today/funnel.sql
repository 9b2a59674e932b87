-- One row: views, additions to carts and orders of the reader's products in the hours of a span.
SELECT toInt64(sum(f.views)) AS views, toInt64(sum(f.carts)) AS carts, toInt64(sum(f.orders)) AS orders
FROM funnel_hour AS f
WHERE hour >= {start:DateTime('UTC')} AND hour < {end:DateTime64(3, 'UTC')}
