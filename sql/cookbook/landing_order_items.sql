-- Which products are bought together most often?
SELECT a.product_id AS product_id, b.product_id AS with_product_id, uniqExact(a.order_id) AS orders
FROM landing_order_items AS a
INNER JOIN landing_order_items AS b ON a.order_id = b.order_id
WHERE a.product_id < b.product_id
GROUP BY product_id, with_product_id
ORDER BY orders DESC, product_id, with_product_id
LIMIT 20
