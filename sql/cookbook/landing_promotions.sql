-- Which promotions were used, how often, and what did they cost?
SELECT promotion_id, currency, countIf(event = 'coupon.redeemed') - countIf(event = 'coupon.released') AS uses,
       sumIf(discount_minor, event = 'coupon.redeemed') AS discount_minor
FROM landing_promotions
WHERE event IN ('coupon.redeemed', 'coupon.released')
GROUP BY promotion_id, currency
ORDER BY uses DESC
