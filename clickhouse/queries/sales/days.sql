-- Grain: UTC day of a span, days without sales too: the books in one currency, minor units.
SELECT toDate({first:Date}) + d.number AS day, b.gross AS gross, b.discount AS discount, b.refund AS refund, b.tax AS tax,
       b.net AS net, b.shipping AS shipping, b.commission AS commission, b.orders AS orders, b.units AS units,
       b.returned AS returned
FROM numbers(toUInt64(dateDiff('day', {first:Date}, {last:Date}) + 1)) AS d
LEFT JOIN
(
    SELECT c.day AS of, sum(c.gross_minor) AS gross, sum(c.discount_minor) AS discount, sum(c.refund_minor) AS refund,
           sum(c.tax_minor) AS tax, sum(c.net_minor) AS net, sum(c.shipping_minor) AS shipping,
           sum(c.commission_minor) AS commission, toInt64(sum(c.orders)) AS orders, sum(c.units) AS units,
           sum(c.units_returned) AS returned
    FROM books_day AS c
    WHERE currency = {currency:String} AND c.day BETWEEN {first:Date} AND {last:Date}
    GROUP BY of
) AS b ON b.of = toDate({first:Date}) + d.number
ORDER BY day
