-- Grain: one of the 20 newest paid orders with the reader's products: their part of it, in one currency.
SELECT m.paid_at AS paid_at, i.order_number AS order_number, m.units AS units, m.gross - m.discount AS paid_minor,
       m.refund AS refund_minor, multiIf(refund_minor = 0, 'Paid', refund_minor >= paid_minor, 'Refunded', 'Partly refunded')
       AS state
FROM
(
    SELECT order_id, minIf(occurred_at, kind = 'sale') AS paid_at, sumIf(ifNull(l.units, 0), account = 'sales') AS units,
           sumIf(credit_minor, kind = 'sale' AND account IN ('sales', 'tax_payable')) AS gross,
           sumIf(debit_minor, account = 'discounts') AS discount,
           sumIf(debit_minor, kind = 'refund' AND account IN ('refunds', 'tax_payable')) AS refund
    FROM landing_journal_lines AS l
    WHERE currency = {currency:String} AND order_id IS NOT NULL AND seller_id IS NOT NULL
    GROUP BY order_id
    HAVING gross > 0
    ORDER BY paid_at DESC
    LIMIT 20
) AS m
LEFT JOIN (SELECT order_id, any(order_number) AS order_number FROM landing_order_items GROUP BY order_id) AS i
    ON i.order_id = m.order_id
ORDER BY paid_at DESC
