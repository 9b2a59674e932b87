-- One row: up to which transaction everything is here, when that mark was recorded and seen, and the server's time.
SELECT min(p.complete_to) AS cut, argMin(p.marked_at, p.complete_to) AS recorded_at,
       argMin(p.landed_at, p.complete_to) AS seen_at, count() AS partitions, now64(3, 'UTC') AS asked_at
FROM progress AS p
