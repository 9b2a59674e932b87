-- Grain: one of the last 60 runs of the audit.
SELECT at, verdict, complete_to, cells, differing, seconds, reason
FROM audit_verdicts
ORDER BY at DESC
LIMIT 60
