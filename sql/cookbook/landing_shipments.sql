-- How long are parcels on their way, per carrier?
SELECT carrier, count() AS parcels, quantile(0.5)(hours) AS half_within_h
FROM
(
    SELECT shipment_id, anyIf(carrier, carrier != '') AS carrier,
           dateDiff('hour', min(occurred_at), maxIf(occurred_at, status_after = 'delivered')) AS hours
    FROM landing_shipments
    GROUP BY shipment_id
    HAVING countIf(status_after = 'delivered') > 0
)
GROUP BY carrier
ORDER BY parcels DESC
