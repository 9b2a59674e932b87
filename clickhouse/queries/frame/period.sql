-- One row: the books of a span in one currency. Whole hours come from the mart; the part of the last hour, which the mart
-- cannot cut, from its landed lines by the same definitions.
SELECT sum(b.gross) AS gross, sum(b.discount) AS discount, sum(b.refund) AS refund, sum(b.tax) AS tax,
       gross - discount - refund - tax AS net, sum(b.shipping) AS shipping, sum(b.commission) AS commission,
       sum(b.units) AS units, sum(b.returned) AS returned, toInt64(uniqExactMerge(b.orders_state)) AS orders
FROM
(
    SELECT gross_minor AS gross, discount_minor AS discount, refund_minor AS refund, tax_minor AS tax,
           shipping_minor AS shipping, commission_minor AS commission, c.units AS units, units_returned AS returned,
           orders_state
    FROM books_cells AS c
    WHERE currency = {currency:String} AND hour >= {start:DateTime('UTC')}
      AND hour < toStartOfHour({end:DateTime64(3, 'UTC')})
    UNION ALL
    SELECT sumIf(credit_minor, kind = 'sale' AND account IN ('sales', 'tax_payable')),
           sumIf(debit_minor, account = 'discounts'),
           sumIf(debit_minor, kind = 'refund' AND account IN ('refunds', 'tax_payable')),
           sumIf(credit_minor - debit_minor, account = 'tax_payable'),
           sumIf(credit_minor - debit_minor, account = 'shipping_income'),
           sumIf(debit_minor - credit_minor, account = 'commission_charged'),
           sumIf(ifNull(l.units, 0), account = 'sales'), sumIf(ifNull(l.units, 0), account = 'refunds'),
           uniqExactStateIf(assumeNotNull(l.order_id), kind = 'sale' AND account = 'sales' AND l.order_id IS NOT NULL)
    FROM landing_journal_lines AS l
    WHERE currency = {currency:String} AND occurred_at >= toStartOfHour({end:DateTime64(3, 'UTC')})
      AND occurred_at < {end:DateTime64(3, 'UTC')}
) AS b
