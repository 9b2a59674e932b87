-- What do shoppers' wallets hold now, per currency?
SELECT currency, sum(balance) AS balance_minor, count() AS wallets
FROM (
    SELECT wallet_id, any(currency) AS currency, argMax(balance_after_minor, aggregate_seq) AS balance
    FROM landing_wallets
    GROUP BY wallet_id
)
GROUP BY currency
ORDER BY currency
