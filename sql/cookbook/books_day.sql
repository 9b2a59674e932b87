-- What did each seller earn per month, net of discounts, refunds and tax?
SELECT s.slug AS slug, b.currency AS currency, toStartOfMonth(b.day) AS month, sum(b.net_minor) AS net_minor,
       sum(b.net_minor - b.commission_minor + b.shipping_minor) AS due_minor
FROM books_day AS b
INNER JOIN dim_seller AS s ON s.seller_id = b.seller_id
GROUP BY slug, currency, month
ORDER BY month, slug
