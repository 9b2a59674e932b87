-- Grain: one product at or below the shop's low-stock threshold, those that sell best first; at most 50.
SELECT p.title AS title, p.sku AS sku, s.available AS available, s.reserved AS held, sold.units AS sold_28_days,
       if(s.available <= 0, 'Out of stock', 'Low') AS state
FROM stock_levels AS s
INNER JOIN dim_product AS p ON p.product_id = s.product_id
INNER JOIN dim_seller AS d ON d.seller_id = s.seller_id
LEFT JOIN
(
    SELECT product_id, sum(h.units) AS units
    FROM sales_product_hour AS h
    WHERE hour >= {moment:DateTime64(3, 'UTC')} - INTERVAL 28 DAY
    GROUP BY product_id
) AS sold ON sold.product_id = s.product_id
WHERE s.available <= d.low_stock_threshold AND p.status != 'deleted'
ORDER BY sold_28_days DESC, s.available, p.title
LIMIT 50
