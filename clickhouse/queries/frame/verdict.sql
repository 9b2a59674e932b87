-- One row at most: the newest verdict of the audit, its age, and how many of the differing cells the reader may see.
SELECT v.at AS at, v.complete_to AS complete_to, v.cells AS cells, v.differing AS differing, v.verdict AS verdict,
       v.seconds AS seconds, v.reason AS reason, dateDiff('millisecond', v.at, now64(3, 'UTC')) / 1000 AS age_seconds,
       toInt64(ifNull(d.visible, 0)) AS visible
FROM (SELECT * FROM audit_verdicts ORDER BY at DESC LIMIT 1) AS v
LEFT JOIN
(
    SELECT run_id, count() AS visible FROM audit_differences
    WHERE at = (SELECT max(at) FROM audit_verdicts) GROUP BY run_id
) AS d ON d.run_id = v.run_id
