-- Which products sell best?
SELECT p.title AS title, s.currency AS currency, sum(s.net_minor) AS net_minor, sum(s.units) AS units
FROM sales_product_hour AS s
INNER JOIN dim_product AS p ON p.product_id = s.product_id
GROUP BY title, currency
ORDER BY net_minor DESC
LIMIT 20
