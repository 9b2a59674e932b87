-- One row: views, additions to carts and orders, in the hours of a span, of the reader's products sold in one currency.
SELECT toInt64(sum(f.views)) AS views, toInt64(sum(f.carts)) AS carts, toInt64(sum(f.orders)) AS orders
FROM funnel_hour AS f
WHERE hour >= {start:DateTime('UTC')} AND hour < {end:DateTime64(3, 'UTC')}
  AND product_id IN (SELECT product_id FROM dim_product WHERE currency = {currency:String})
