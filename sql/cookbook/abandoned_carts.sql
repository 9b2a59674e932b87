-- How many carts were abandoned each day, worth how much, and how many of them were taken up again?
SELECT toDate(a.due_at) AS day, a.currency AS currency, uniqExact(a.event_id) AS abandoned, sum(a.value_minor) AS value_minor,
       countIf(r.at >= a.due_at) AS recovered, quantileExactIf(0.5)(dateDiff('second', a.due_at, r.at), r.at >= a.due_at)
       AS half_recovered_within_s
FROM landing_signals AS a
ASOF LEFT JOIN
(
    SELECT cart_id, due_at AS at FROM landing_signals WHERE event = 'cart.recovered'
) AS r ON r.cart_id = a.cart_id AND r.at >= a.due_at
WHERE a.event = 'cart.abandoned'
GROUP BY day, currency
ORDER BY day DESC, currency
