-- How long does an order take from placed to confirmed, per day?
SELECT toDate(placed_at) AS day, count() AS orders, quantile(0.5)(seconds) AS half_within_s, quantile(0.99)(seconds) AS p99_s
FROM
(
    SELECT order_id, minIf(occurred_at, event = 'order.created') AS placed_at,
           dateDiff('second', placed_at, minIf(occurred_at, event = 'order.confirmed')) AS seconds
    FROM landing_orders
    WHERE event IN ('order.created', 'order.confirmed')
    GROUP BY order_id
    HAVING countIf(event = 'order.confirmed') > 0
)
GROUP BY day
ORDER BY day
