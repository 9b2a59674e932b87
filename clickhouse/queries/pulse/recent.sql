-- One row: over five full minutes before a moment, and over the five before those, all topics: events, and their delay
-- from recorded to landed.
SELECT toInt64(sumIf(s.events, latest)) AS events, toInt64(sumIf(s.events, NOT latest)) AS events_before,
       quantileExactWeightedIf(0.5)(delay_ms, toUInt64(s.events), latest) AS half_ms,
       quantileExactWeightedIf(0.99)(delay_ms, toUInt64(s.events), latest) AS most_ms,
       quantileExactWeightedIf(0.5)(delay_ms, toUInt64(s.events), NOT latest) AS half_ms_before,
       quantileExactWeightedIf(0.99)(delay_ms, toUInt64(s.events), NOT latest) AS most_ms_before
FROM
(
    SELECT h.events AS events, delay_ms,
           minute >= toStartOfMinute({moment:DateTime64(3, 'UTC')}) - INTERVAL 5 MINUTE AS latest
    FROM pipeline_health_state AS h
    WHERE minute >= toStartOfMinute({moment:DateTime64(3, 'UTC')}) - INTERVAL 10 MINUTE
      AND minute < toStartOfMinute({moment:DateTime64(3, 'UTC')})
) AS s
