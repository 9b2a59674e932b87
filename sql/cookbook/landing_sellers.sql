-- How did each seller's commission change over time?
SELECT slug, occurred_at, commission_bp / 100 AS commission_percent
FROM landing_sellers
WHERE event = 'seller.created' OR has(changed, 'commission_bp')
ORDER BY slug, occurred_at
