-- What was refunded per reason and currency?
SELECT reason_code, currency, count() AS refunds, sum(amount_minor) AS amount_minor
FROM landing_refunds
WHERE event = 'refund.succeeded'
GROUP BY reason_code, currency
ORDER BY amount_minor DESC
