-- Which carrier's parcels are late, how often, and how many of those have arrived since?
SELECT l.carrier AS carrier, count() AS late, countIf(d.at > l.due_at) AS arrived_since,
       quantileExactIf(0.5)(dateDiff('hour', l.due_at, d.at), d.at > l.due_at) AS half_within_h
FROM landing_signals AS l
LEFT JOIN
(
    SELECT shipment_id, min(occurred_at) AS at FROM landing_shipments
    WHERE event = 'shipment.tracked' AND status_after = 'delivered' GROUP BY shipment_id
) AS d ON d.shipment_id = l.shipment_id
WHERE l.event = 'shipment.late'
GROUP BY carrier
ORDER BY late DESC
