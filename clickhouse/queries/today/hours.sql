-- Grain: hour of one UTC day, all 24: net, gross, refunds, units and orders of the reader's books in one currency.
SELECT toDateTime({day:Date}, 'UTC') + toIntervalHour(h.number) AS hour, b.net AS net, b.gross AS gross, b.refund AS refund,
       b.units AS units, b.orders AS orders
FROM numbers(24) AS h
LEFT JOIN
(
    SELECT toHour(hour) AS of_day, sum(c.net_minor) AS net, sum(c.gross_minor) AS gross, sum(c.refund_minor) AS refund,
           sum(c.units) AS units, toInt64(sum(c.orders)) AS orders
    FROM books_hour AS c
    WHERE currency = {currency:String} AND hour >= toDateTime({day:Date}, 'UTC')
      AND hour < toDateTime({day:Date} + 1, 'UTC')
    GROUP BY of_day
) AS b ON b.of_day = h.number
ORDER BY hour
