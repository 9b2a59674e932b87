-- Grain: minute of the last hour before a moment, all 60: orders placed, confirmed and cancelled.
SELECT toStartOfMinute({moment:DateTime64(3, 'UTC')}) - toIntervalMinute(59 - n.number) AS minute, o.created AS created,
       o.confirmed AS confirmed, o.cancelled AS cancelled
FROM numbers(60) AS n
LEFT JOIN
(
    SELECT minute AS at, created, confirmed, cancelled FROM orders_minute
    WHERE minute > {moment:DateTime64(3, 'UTC')} - INTERVAL 62 MINUTE
) AS o ON o.at = toStartOfMinute({moment:DateTime64(3, 'UTC')}) - toIntervalMinute(59 - n.number)
ORDER BY minute
