-- How many messages went out per kind and channel, how many failed, and how long did they wait?
SELECT type, channel, countIf(event = 'notification.sent') AS sent, countIf(event = 'notification.failed') AS failed,
       quantileIf(0.99)(waited_ms, event = 'notification.sent') AS p99_waited_ms
FROM landing_notifications
WHERE event != 'notification.read'
GROUP BY type, channel
ORDER BY sent DESC
