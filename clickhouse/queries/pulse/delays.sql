-- Grain: minute of the last hour x topic: events landed and their delay from recorded to landed, median and 99 %.
SELECT minute, topic, toInt64(events) AS events, delay_p50_ms, delay_p99_ms
FROM pipeline_health_minute
WHERE minute > {moment:DateTime64(3, 'UTC')} - INTERVAL 61 MINUTE AND minute <= {moment:DateTime64(3, 'UTC')}
ORDER BY minute, topic
