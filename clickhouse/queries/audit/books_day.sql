-- One row: cells compared, and those in which books_day is not what the definitions make of the landed lines.
-- Order of measures: gross, discount, refund, net, tax, shipping, commission, units, units returned, orders.
SELECT count() AS cells,
       groupArrayIf(1000)((seller, currency, 'books', day, w.want, w.have), w.want != w.have) AS wrong
FROM
(
    SELECT seller, currency, day, sumForEach(wanted) AS want, sumForEach(had) AS have
    FROM
    (
        SELECT assumeNotNull(l.seller_id) AS seller, currency, toDate(occurred_at) AS day,
               sumIf(credit_minor, kind = 'sale' AND account IN ('sales', 'tax_payable')) AS gross,
               sumIf(debit_minor, account = 'discounts') AS discount,
               sumIf(debit_minor, kind = 'refund' AND account IN ('refunds', 'tax_payable')) AS refund,
               sumIf(credit_minor - debit_minor, account = 'tax_payable') AS tax,
               [gross, discount, refund, gross - discount - refund - tax, tax,
                sumIf(credit_minor - debit_minor, account = 'shipping_income'),
                sumIf(debit_minor - credit_minor, account = 'commission_charged'),
                sumIf(ifNull(l.units, 0), account = 'sales'), sumIf(ifNull(l.units, 0), account = 'refunds'),
                toInt64(uniqExactIf(order_id, kind = 'sale' AND account = 'sales'))] AS wanted,
               arrayWithConstant(10, toInt64(0)) AS had
        FROM landing_journal_lines AS l
        WHERE l.seller_id IS NOT NULL
          AND account IN ('sales', 'tax_payable', 'discounts', 'refunds', 'shipping_income', 'commission_charged')
        GROUP BY seller, currency, day
        UNION ALL
        SELECT seller_id, currency, day, 0, 0, 0, 0, arrayWithConstant(10, toInt64(0)),
               [gross_minor, discount_minor, refund_minor, net_minor, tax_minor, shipping_minor, commission_minor, units,
                units_returned, toInt64(orders)]
        FROM books_day
    )
    GROUP BY seller, currency, day
) AS w
