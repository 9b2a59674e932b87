-- How do holds on stock end?
SELECT toDate(occurred_at) AS day, countIf(event = 'stock.reserved') AS reserved,
       countIf(event = 'stock.deducted') AS deducted, countIf(event = 'stock.released') AS released,
       countIf(event = 'stock.reservation.failed') AS refused
FROM landing_reservations
GROUP BY day
ORDER BY day
