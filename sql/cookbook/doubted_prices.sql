-- Which prices jumped by a factor of ten or more, from what to what?
SELECT occurred_at, product_id, seller_id, price_before_minor, price_after_minor, currency, round(ratio, 3) AS ratio
FROM landing_signals
WHERE event = 'price.doubted'
ORDER BY occurred_at DESC
LIMIT 100
