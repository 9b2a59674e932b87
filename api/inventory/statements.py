"""The statements that move stock: each locks rows in ascending (product_id, bucket), then moves and notes at once.

Other buckets are tried in turn, beginning at one that depends on the order, so that buyers of a hot product queue at
different rows. A row is first looked at without a lock: what is plainly sold out is refused without waiting (R-INV-3).
The verdict travels as a column of the rows that are updated, because a row that changed while it was waited for is
checked again against exactly those.
"""

from sqlalchemy import text

RESERVE = text("""
WITH wanted AS (
    SELECT * FROM unnest(CAST(:products AS uuid[]), CAST(:quantities AS int[])) AS w (product_id, quantity)
), seen AS (
    SELECT i.id, w.product_id, w.quantity, i.bucket, coalesce(i.on_hand - i.reserved, 0) AS available,
           count(*) OVER (PARTITION BY w.product_id) AS buckets
    FROM wanted w LEFT JOIN inventory i ON i.product_id = w.product_id
), ranked AS (
    SELECT *, sum(available) OVER (PARTITION BY product_id) AS total,
           coalesce(sum(available) OVER (PARTITION BY product_id ORDER BY (bucket + :turn) % buckets
                                         ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
    FROM seen
), judged AS (
    SELECT *, bool_and(total >= quantity) OVER () AS enough FROM ranked
), locked AS (
    SELECT i.id, i.product_id, i.bucket, i.on_hand - i.reserved AS available, j.quantity
    FROM judged j JOIN inventory i ON i.id = j.id
    WHERE j.enough AND (:every OR j.before < j.quantity)
    ORDER BY i.product_id, i.bucket
    FOR UPDATE OF i
), shared AS (
    SELECT *, sum(available) OVER (PARTITION BY product_id) AS total,
           coalesce(sum(available) OVER (PARTITION BY product_id ORDER BY bucket
                                         ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
    FROM locked
), decided AS (
    SELECT *, greatest(0, least(available, quantity - before)) AS take,
           bool_and(total >= quantity) OVER () AS enough
    FROM shared
), moved AS (
    UPDATE inventory i
    SET reserved = i.reserved + d.take, version = i.version + 1, updated_at = now()
    FROM decided d WHERE i.id = d.id AND d.enough AND d.take > 0
    RETURNING i.id, i.product_id, i.bucket, i.on_hand, i.reserved, i.version, CAST(d.take AS int) AS take
), hold AS (
    INSERT INTO reservations (id, order_id, cause_type, cause_id, expires_at)
    SELECT :reservation_id, :order_id, :cause_type, :cause_id, :expires_at WHERE EXISTS (SELECT FROM moved)
), held AS (
    INSERT INTO reservation_items (reservation_id, inventory_id, product_id, quantity)
    SELECT :reservation_id, id, product_id, take FROM moved
), noted AS (
    INSERT INTO stock_movements (id, inventory_id, product_id, kind, on_hand_delta, reserved_delta, on_hand_after,
                                 reserved_after, version, cause_type, cause_id, occurred_at)
    SELECT uuidv7(), id, product_id, 'reserved', 0, take, on_hand, reserved, version, 'order', :order_id, :moment
    FROM moved
)
SELECT w.product_id, w.quantity, m.id AS inventory_id, m.bucket, m.on_hand, m.reserved, m.version, m.take, p.seller_id,
       (SELECT CAST(min(s.total) AS bigint) FROM shared s WHERE s.product_id = w.product_id) AS locked_total,
       (SELECT CAST(min(j.total) AS bigint) FROM judged j WHERE j.product_id = w.product_id) AS seen_total,
       (SELECT count(*) FROM judged j WHERE j.product_id = w.product_id)
           = (SELECT count(*) FROM locked l WHERE l.product_id = w.product_id) AS whole
FROM wanted w LEFT JOIN moved m ON m.product_id = w.product_id LEFT JOIN products p ON p.id = w.product_id
ORDER BY w.product_id, m.bucket
""")

END = text("""
WITH hold AS (
    SELECT id, order_id, expires_at FROM reservations
    WHERE (id = :reservation_id OR order_id = :order_id) AND status = 'held' ORDER BY id FOR UPDATE
), rows AS (
    SELECT i.id, h.id AS reservation_id, ri.quantity
    FROM hold h JOIN reservation_items ri ON ri.reservation_id = h.id JOIN inventory i ON i.id = ri.inventory_id
    ORDER BY i.product_id, i.bucket FOR UPDATE OF i
), moved AS (
    UPDATE inventory i
    SET on_hand = i.on_hand - r.quantity * :leaves, reserved = i.reserved - r.quantity, version = i.version + 1,
        updated_at = now()
    FROM rows r WHERE i.id = r.id
    RETURNING i.id, i.product_id, i.bucket, i.on_hand, i.reserved, i.version, r.quantity, r.reservation_id
), ended AS (
    UPDATE reservations r SET status = :status, version = r.version + 1, updated_at = now()
    FROM hold h WHERE r.id = h.id RETURNING r.id, r.order_id, r.expires_at, r.version
), noted AS (
    INSERT INTO stock_movements (id, inventory_id, product_id, kind, on_hand_delta, reserved_delta, on_hand_after,
                                 reserved_after, version, cause_type, cause_id, occurred_at)
    SELECT uuidv7(), m.id, m.product_id, :status, - m.quantity * :leaves, - m.quantity, m.on_hand, m.reserved,
           m.version, 'order', e.order_id, :moment
    FROM moved m JOIN ended e ON e.id = m.reservation_id
)
SELECT e.id AS reservation_id, e.order_id, e.expires_at, e.version AS reservation_version, m.id AS inventory_id,
       m.product_id, m.bucket, m.on_hand, m.reserved, m.version, m.quantity, p.seller_id
FROM ended e JOIN moved m ON m.reservation_id = e.id JOIN products p ON p.id = m.product_id
ORDER BY m.product_id, m.bucket
""")

CHANGE = text("""
WITH wanted AS (
    SELECT * FROM unnest(CAST(:rows AS uuid[]), CAST(:deltas AS int[])) AS w (id, delta)
), moved AS (
    UPDATE inventory i
    SET on_hand = i.on_hand + w.delta, version = i.version + 1, updated_at = now()
    FROM wanted w WHERE i.id = w.id
    RETURNING i.id, i.product_id, i.bucket, i.on_hand, i.reserved, i.version, w.delta
), noted AS (
    INSERT INTO stock_movements (id, inventory_id, product_id, kind, on_hand_delta, reserved_delta, on_hand_after,
                                 reserved_after, version, cause_type, cause_id, actor_id, reason, occurred_at)
    SELECT uuidv7(), id, product_id, :kind, delta, 0, on_hand, reserved, version, :cause_type, :cause_id, :actor_id,
           :reason, :moment
    FROM moved
)
SELECT m.id AS inventory_id, m.product_id, m.bucket, m.on_hand, m.reserved, m.version, m.delta, p.seller_id
FROM moved m JOIN products p ON p.id = m.product_id ORDER BY m.product_id, m.bucket
""")

LOCK = text("""
SELECT i.id, i.product_id, i.bucket, i.on_hand, i.reserved, i.version FROM inventory i
WHERE i.product_id = ANY(CAST(:products AS uuid[])) ORDER BY i.product_id, i.bucket FOR UPDATE
""")

OPEN = text("""
WITH opened AS (
    INSERT INTO inventory (id, product_id, on_hand) VALUES (:inventory_id, :product_id, :on_hand)
    RETURNING id, product_id, on_hand
)
INSERT INTO stock_movements (id, inventory_id, product_id, kind, on_hand_delta, reserved_delta, on_hand_after,
                             reserved_after, version, cause_type, actor_id, occurred_at)
SELECT uuidv7(), id, product_id, 'received', on_hand, 0, on_hand, 0, 1, 'adjustment', :actor_id, :moment FROM opened
""")
