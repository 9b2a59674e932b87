-- What was paid out to each seller, and what failed?
SELECT seller_id, currency, sumIf(amount_minor, event = 'payout.paid') AS paid_minor,
       countIf(event = 'payout.failed') AS failed
FROM landing_payouts
GROUP BY seller_id, currency
ORDER BY paid_minor DESC
