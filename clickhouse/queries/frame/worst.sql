-- One row at most: the largest difference of the newest run that the reader may see, minor units (or units of goods).
SELECT currency, measure,
       abs(if(d.mart_minor IS NULL AND d.core_minor IS NOT NULL, coalesce(d.landing_minor, 0) - coalesce(d.core_minor, 0),
              coalesce(d.mart_minor, 0) - coalesce(d.landing_minor, 0))) AS amount
FROM audit_differences AS d
WHERE run_id = (SELECT run_id FROM audit_verdicts ORDER BY at DESC LIMIT 1)
ORDER BY endsWith(measure, '_minor') DESC, amount DESC
LIMIT 1
