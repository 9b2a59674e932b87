-- Which orders waited for a step of theirs, for which, and have they gone on since?
SELECT s.order_id AS order_id, s.step AS step, s.since AS since, s.due_at AS told_at, o.last AS last_fact, o.at AS last_at
FROM landing_signals AS s
LEFT JOIN
(
    SELECT order_id, argMax(event, occurred_at) AS last, max(occurred_at) AS at FROM landing_orders GROUP BY order_id
) AS o ON o.order_id = s.order_id
WHERE s.event = 'order.stuck'
ORDER BY s.since DESC
LIMIT 100
