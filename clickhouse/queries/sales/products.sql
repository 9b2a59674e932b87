-- Grain: one product sold or given back in a span, in one currency: its books in whole hours, and its net by
-- day, days without sales too.
SELECT p.title AS title, p.sku AS sku, s.units AS units, s.returned AS returned, s.gross AS gross, s.refund AS refund,
       s.net AS net, s.days AS days
FROM
(
    SELECT product_id, sum(d.units) AS units, sum(d.returned) AS returned, sum(d.gross) AS gross, sum(d.refund) AS refund,
           sum(d.net) AS net, mapFromArrays(groupArray(d.day), groupArray(d.net)) AS net_of,
           dateDiff('day', {start:DateTime('UTC')}, {end:DateTime64(3, 'UTC')}) AS last,
           arrayMap(n -> net_of[toDate({start:DateTime('UTC')}) + n], range(toUInt64(last + 1))) AS days
    FROM
    (
        SELECT product_id, toDate(hour) AS day, sum(h.units) AS units, sum(h.units_returned) AS returned,
               sum(h.gross_minor) AS gross, sum(h.refund_minor) AS refund, sum(h.net_minor) AS net
        FROM sales_product_hour AS h
        WHERE currency = {currency:String} AND hour >= {start:DateTime('UTC')} AND hour < {end:DateTime64(3, 'UTC')}
        GROUP BY product_id, day
    ) AS d
    GROUP BY product_id
    ORDER BY net DESC
    LIMIT 200
) AS s
LEFT JOIN dim_product AS p ON p.product_id = s.product_id
ORDER BY net DESC, title
