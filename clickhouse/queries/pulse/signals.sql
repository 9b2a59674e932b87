-- Grain: kind of signal: how often it was told in the last hour and the last 24 hours before a moment, of how many
-- carts, products, parcels or orders, when last, and about which.
SELECT event AS kind, toInt64(countIf(occurred_at > {moment:DateTime64(3, 'UTC')} - INTERVAL 1 HOUR)) AS signals_hour,
       toInt64(count()) AS signals_day, toInt64(uniqExact(aggregate_id)) AS about, max(occurred_at) AS last_at,
       toString(argMax(aggregate_id, occurred_at)) AS example
FROM landing_signals
WHERE occurred_at > {moment:DateTime64(3, 'UTC')} - INTERVAL 1 DAY AND occurred_at <= {moment:DateTime64(3, 'UTC')}
GROUP BY kind
ORDER BY kind = 'order.stuck' DESC, signals_day DESC, kind
