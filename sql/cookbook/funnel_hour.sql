-- How many views become orders, per product?
SELECT product_id, sum(views) AS seen, sum(carts) AS added, sum(orders) AS ordered, round(100 * ordered / nullIf(seen, 0), 2) AS percent
FROM funnel_hour
GROUP BY product_id
ORDER BY seen DESC
LIMIT 50
