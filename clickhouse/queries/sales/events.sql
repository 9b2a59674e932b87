-- Grain: one journal line that made a day's numbers in one currency, newest first, with its place in the log; what it
-- adds to net. The sum over all lines of the day is the net of the day.
SELECT occurred_at, kind, account, order_id,
       multiIf(kind = 'sale' AND account IN ('sales', 'tax_payable'), credit_minor, 0)
       - if(account = 'discounts', debit_minor, 0)
       - if(kind = 'refund' AND account IN ('refunds', 'tax_payable'), debit_minor, 0)
       - if(account = 'tax_payable', credit_minor - debit_minor, 0) AS to_net,
       topic, partition, offset, line_no, event_id
FROM landing_journal_lines
WHERE currency = {currency:String} AND toDate(occurred_at) = {day:Date} AND to_net != 0
ORDER BY occurred_at DESC, event_id, element_no
LIMIT 5000
