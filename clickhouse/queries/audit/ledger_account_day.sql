-- One row: cells compared, and those in which the mart is not the sum of the landed lines (at most 1,000).
-- Both sides are read by one query, so that as little as possible can land between them.
SELECT count() AS cells,
       groupArrayIf(1000)((seller, currency, account, day, [want_debit, want_credit], [have_debit, have_credit]),
                          want_debit != have_debit OR want_credit != have_credit) AS wrong
FROM
(
    SELECT seller, currency, account, day, sum(l.want_debit) AS want_debit, sum(l.want_credit) AS want_credit,
           sum(l.have_debit) AS have_debit, sum(l.have_credit) AS have_credit
    FROM
    (
        SELECT ifNull(seller_id, toUUID('00000000-0000-0000-0000-000000000000')) AS seller, currency, account,
               toDate(occurred_at) AS day, debit_minor AS want_debit, credit_minor AS want_credit, 0 AS have_debit,
               0 AS have_credit
        FROM landing_journal_lines
        UNION ALL
        SELECT seller_id, currency, account, day, 0, 0, debit_minor, credit_minor FROM ledger_account_day
    ) AS l
    GROUP BY seller, currency, account, day
)
