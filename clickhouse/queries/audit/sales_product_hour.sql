-- One row: cells compared (product x hour), and those in which the mart is not what the landed lines of goods make.
-- Order of measures: gross, discount, refund, tax, units, units returned, orders.
SELECT count() AS cells,
       groupArrayIf(1000)((seller, currency, concat('product ', toString(product)), toDate(hour), w.want, w.have),
                          w.want != w.have) AS wrong
FROM
(
    SELECT seller, product, currency, hour, sumForEach(wanted) AS want, sumForEach(had) AS have
    FROM
    (
        SELECT assumeNotNull(l.seller_id) AS seller, assumeNotNull(l.product_id) AS product, currency,
               toStartOfHour(occurred_at) AS hour,
               [sumIf(credit_minor, kind = 'sale' AND account IN ('sales', 'tax_payable')),
                sumIf(debit_minor, account = 'discounts'),
                sumIf(debit_minor, kind = 'refund' AND account IN ('refunds', 'tax_payable')),
                sumIf(credit_minor - debit_minor, account = 'tax_payable'),
                sumIf(ifNull(l.units, 0), account = 'sales'), sumIf(ifNull(l.units, 0), account = 'refunds'),
                toInt64(uniqExactIf(order_id, kind = 'sale' AND account = 'sales'))] AS wanted,
               arrayWithConstant(7, toInt64(0)) AS had
        FROM landing_journal_lines AS l
        WHERE l.product_id IS NOT NULL AND l.seller_id IS NOT NULL
          AND account IN ('sales', 'tax_payable', 'discounts', 'refunds')
        GROUP BY seller, product, currency, hour
        UNION ALL
        SELECT seller_id, product_id, currency, hour, arrayWithConstant(7, toInt64(0)),
               [gross_minor, discount_minor, refund_minor, tax_minor, units, units_returned, toInt64(orders)]
        FROM sales_product_hour
    )
    GROUP BY seller, product, currency, hour
) AS w
