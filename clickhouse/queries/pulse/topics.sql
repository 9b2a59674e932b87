-- Grain: topic: its partitions, up to which transaction it is complete, the age of that mark, when something last landed.
SELECT t.topic AS topic, t.partitions AS partitions, t.cut AS cut, t.marked_at AS marked_at,
       dateDiff('millisecond', t.marked_at, now64(3, 'UTC')) / 1000 AS behind_seconds, h.events AS events_hour, h.per_minute
       AS per_minute
FROM
(
    SELECT topic, count() AS partitions, min(p.complete_to) AS cut, min(p.marked_at) AS marked_at FROM progress AS p
    GROUP BY topic
) AS t
LEFT JOIN
(
    SELECT topic, toInt64(sum(m.events)) AS events, arrayMap(x -> x.2, arraySort(groupArray((minute, toInt64(m.events)))))
           AS per_minute
    FROM pipeline_health_minute AS m
    WHERE minute > {moment:DateTime64(3, 'UTC')} - INTERVAL 60 MINUTE
    GROUP BY topic
) AS h ON h.topic = t.topic
ORDER BY behind_seconds DESC, topic
