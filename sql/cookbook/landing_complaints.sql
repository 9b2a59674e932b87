-- What do shoppers complain about, how is it resolved, and how long does that take?
SELECT type, resolution_type, count() AS complaints, round(avg(open_for_s) / 3600, 1) AS hours_open,
       sum(amount_minor) AS amount_minor, currency
FROM landing_complaints
WHERE event = 'complaint.resolved'
GROUP BY type, resolution_type, currency
ORDER BY complaints DESC
