-- Grain: reason x topic x reader: dead letters of the last 7 days, of the last 24 hours and of the 24
-- before those, the first and last, an offset; without those that were put back.
SELECT substring(reason, 1, 200) AS why, topic, consumer, toInt64(count()) AS letters,
       toInt64(countIf(failed_at > {moment:DateTime64(3, 'UTC')} - INTERVAL 1 DAY)) AS letters_day,
       toInt64(countIf(failed_at > {moment:DateTime64(3, 'UTC')} - INTERVAL 2 DAY)) - letters_day AS letters_before,
       min(failed_at) AS first_at, max(failed_at) AS last_at, argMax((partition, offset), failed_at) AS example
FROM dead_letters FINAL
WHERE failed_at > {moment:DateTime64(3, 'UTC')} - INTERVAL 7 DAY AND replayed_as = ''
GROUP BY why, topic, consumer
ORDER BY letters DESC, last_at DESC
LIMIT 100
