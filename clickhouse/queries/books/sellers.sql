-- Grain: seller x currency: the books of the last 28 days before a moment, as the sellers see them.
SELECT s.slug AS seller, s.display_name AS shop, b.currency AS currency, sum(b.gross_minor) AS gross,
       sum(b.refund_minor) AS refund, sum(b.net_minor) AS net, sum(b.commission_minor) AS commission,
       toInt64(sum(b.orders)) AS orders
FROM books_day AS b
LEFT JOIN dim_seller AS s ON s.seller_id = b.seller_id
WHERE day > toDate({moment:DateTime64(3, 'UTC')}) - 28
GROUP BY seller, shop, currency
ORDER BY currency, net DESC
