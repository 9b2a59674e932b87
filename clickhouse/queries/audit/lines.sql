-- Grain: seller (zeros for the platform) x currency x kind of entry and account x UTC day, of the lines landed below the
-- cut: what PostgreSQL's ledger must say in the same words.
SELECT ifNull(seller_id, toUUID('00000000-0000-0000-0000-000000000000')) AS seller, currency,
       concat(kind, ' ', account) AS entry_account, toDate(occurred_at) AS day, sum(debit_minor) AS debits,
       sum(credit_minor) AS credits, sum(ifNull(l.units, 0)) AS goods
FROM landing_journal_lines AS l
WHERE tx < {cut:Int64}
GROUP BY seller, currency, entry_account, day
