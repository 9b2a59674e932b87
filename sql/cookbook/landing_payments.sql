-- How many payments fail, and why?
SELECT gateway, currency, countIf(event = 'payment.created') AS begun, countIf(event = 'payment.succeeded') AS paid,
       countIf(event = 'payment.failed') AS failed, topKIf(3)(reason, event = 'payment.failed') AS reasons
FROM landing_payments
GROUP BY gateway, currency
ORDER BY begun DESC
