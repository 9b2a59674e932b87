-- What share of carts that got something became an order?
SELECT uniqExactIf(cart_id, event = 'cart.item.added') AS filled, uniqExactIf(cart_id, event = 'cart.checked_out') AS ordered,
       round(100 * ordered / nullIf(filled, 0), 1) AS percent
FROM landing_carts
