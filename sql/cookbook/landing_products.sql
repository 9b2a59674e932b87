-- Which products changed their price most often, and between which prices?
SELECT product_id, any(title) AS title, currency, count() AS changes, min(price_minor) AS lowest_minor,
       max(price_minor) AS highest_minor
FROM landing_products
WHERE event = 'product.updated' AND price_before_minor IS NOT NULL
GROUP BY product_id, currency
ORDER BY changes DESC, product_id
LIMIT 20
