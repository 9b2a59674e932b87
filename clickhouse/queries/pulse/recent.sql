-- One row: over five minutes before a moment, all topics: events, and their delay from recorded to landed.
SELECT toInt64(sum(s.events)) AS events, quantileExactWeighted(0.5)(delay_ms, toUInt64(s.events)) AS half_ms,
       quantileExactWeighted(0.99)(delay_ms, toUInt64(s.events)) AS most_ms
FROM pipeline_health_state AS s
WHERE minute >= toStartOfMinute({moment:DateTime64(3, 'UTC')}) - INTERVAL 5 MINUTE
  AND minute < toStartOfMinute({moment:DateTime64(3, 'UTC')})
