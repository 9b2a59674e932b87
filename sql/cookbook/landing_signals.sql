-- Which products ran out of stock, and when did they come back?
SELECT product_id, minIf(occurred_at, event = 'stock.ran_out') AS ran_out_at,
       maxIf(occurred_at, event = 'stock.came_back') AS came_back_at
FROM landing_signals
WHERE event IN ('stock.ran_out', 'stock.came_back')
GROUP BY product_id
ORDER BY ran_out_at DESC
