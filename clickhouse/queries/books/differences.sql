-- Grain: one differing cell of the newest run that could compare: what each side says, in minor units.
SELECT ifNull(nullIf(s.slug, ''), 'platform') AS seller, d.currency AS currency, d.account AS account, d.day AS day,
       d.measure AS measure, d.core_minor AS core_minor, d.landing_minor AS landing_minor, d.mart_minor AS mart_minor,
       if(d.core_minor IS NULL AND d.mart_minor IS NOT NULL, coalesce(d.mart_minor, 0) - coalesce(d.landing_minor, 0),
          coalesce(d.landing_minor, 0) - coalesce(d.core_minor, 0)) AS difference
FROM audit_differences AS d
LEFT JOIN dim_seller AS s ON s.seller_id = d.seller_id
WHERE d.run_id = (SELECT run_id FROM audit_verdicts WHERE verdict != 'could_not_compare' ORDER BY at DESC LIMIT 1)
ORDER BY abs(difference) DESC, seller, currency, day, account
LIMIT 1000
