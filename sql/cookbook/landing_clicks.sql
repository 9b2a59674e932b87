-- What do sessions do, hour by hour?
SELECT toStartOfHour(occurred_at) AS hour, click_name, count() AS clicks, uniqExact(session_id) AS sessions
FROM landing_clicks
GROUP BY hour, click_name
ORDER BY hour, clicks DESC
