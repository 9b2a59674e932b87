-- How many units were received, sold and returned per product and day?
SELECT product_id, toDate(occurred_at) AS day, sumIf(on_hand_delta, kind = 'received') AS received,
       -sumIf(on_hand_delta, kind = 'deducted') AS sold, sumIf(on_hand_delta, kind IN ('returned', 'restocked')) AS returned
FROM landing_stock_movements
GROUP BY product_id, day
ORDER BY day DESC, sold DESC
LIMIT 100
