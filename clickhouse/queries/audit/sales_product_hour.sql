-- One row: cells compared (product x hour), and those in which the mart is not what the landed lines of goods make.
-- Order of measures: gross, discount, refund, tax, units, units returned.
SELECT count() AS cells,
       groupArrayIf(1000)((seller, currency, concat('product ', toString(product)), toDate(hour),
                           [gross, discount, refund, tax, sold, returned],
                           [gross + d_gross, discount + d_discount, refund + d_refund, tax + d_tax, sold + d_sold,
                            returned + d_returned]),
                          d_gross != 0 OR d_discount != 0 OR d_refund != 0 OR d_tax != 0 OR d_sold != 0 OR d_returned != 0
       ) AS wrong
FROM
(
    SELECT seller, product, currency, hour, sumIf(g, landed) AS gross, sumIf(d, landed) AS discount,
           sumIf(r, landed) AS refund, sumIf(t, landed) AS tax, sumIf(s, landed) AS sold, sumIf(b, landed) AS returned,
           sum(if(landed, -g, g)) AS d_gross, sum(if(landed, -d, d)) AS d_discount, sum(if(landed, -r, r)) AS d_refund,
           sum(if(landed, -t, t)) AS d_tax, sum(if(landed, -s, s)) AS d_sold, sum(if(landed, -b, b)) AS d_returned
    FROM
    (
        SELECT true AS landed, assumeNotNull(l.seller_id) AS seller, assumeNotNull(l.product_id) AS product, currency,
               toStartOfHour(occurred_at) AS hour,
               if(kind = 'sale' AND account IN ('sales', 'tax_payable'), credit_minor, 0) AS g,
               if(account = 'discounts', debit_minor, 0) AS d,
               if(kind = 'refund' AND account IN ('refunds', 'tax_payable'), debit_minor, 0) AS r,
               if(account = 'tax_payable', credit_minor - debit_minor, 0) AS t,
               if(account = 'sales', ifNull(l.units, 0), 0) AS s, if(account = 'refunds', ifNull(l.units, 0), 0) AS b
        FROM landing_journal_lines AS l
        WHERE l.product_id IS NOT NULL AND l.seller_id IS NOT NULL
          AND account IN ('sales', 'tax_payable', 'discounts', 'refunds')
        UNION ALL
        SELECT false, seller_id, product_id, currency, hour, gross_minor, discount_minor, refund_minor, tax_minor, units,
               units_returned
        FROM sales_product_hour
    )
    GROUP BY seller, product, currency, hour
)
