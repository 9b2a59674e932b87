-- Which journal lines make up one seller's gross of a day? (the events behind books_day)
SELECT topic, partition, offset, event_id, order_id, account, credit_minor
FROM landing_journal_lines
WHERE kind = 'sale' AND account IN ('sales', 'tax_payable')
  AND (seller_id, toDate(occurred_at)) IN (SELECT seller_id, day FROM books_day ORDER BY gross_minor DESC LIMIT 1)
ORDER BY occurred_at, event_id, element_no
