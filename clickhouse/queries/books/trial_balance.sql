-- Grain: currency x account, all days and sellers: debits, credits and their balance; per currency they come to 0.
SELECT currency, account, sum(l.debit_minor) AS debit, sum(l.credit_minor) AS credit, debit - credit AS balance
FROM ledger_account_day AS l
GROUP BY currency, account
ORDER BY currency, account
