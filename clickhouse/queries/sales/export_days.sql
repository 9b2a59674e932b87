-- Grain: UTC day with entries: the books in one currency, minor units, as the table on the page.
SELECT day, currency, gross_minor, discount_minor, refund_minor, tax_minor, net_minor, shipping_minor, commission_minor,
       orders, units, units_returned
FROM books_day
WHERE currency = {currency:String} AND day BETWEEN {first:Date} AND {last:Date}
ORDER BY day
