"""Asks for what belongs to an order, by the relay's driver and by the api's."""

from typing import LiteralString

from sqlalchemy import text

# What belongs to an order without naming it in its facts. A message names its order in what it is made of, also one
# that was asked for and follows from no fact.
_ORDERS: LiteralString = """
    SELECT id::text AS id, order_id::text FROM payments WHERE id = ANY(CAST({ids} AS uuid[]))
    UNION ALL SELECT id::text, order_id::text FROM refunds WHERE id = ANY(CAST({ids} AS uuid[]))
    UNION ALL SELECT id::text, order_id::text FROM complaints WHERE id = ANY(CAST({ids} AS uuid[]))
    UNION ALL SELECT id::text, order_id::text FROM order_returns WHERE id = ANY(CAST({ids} AS uuid[]))
    UNION ALL SELECT id::text, data ->> 'order_id' FROM notifications
        WHERE id = ANY(CAST({ids} AS uuid[])) AND data ->> 'order_id' IS NOT NULL
"""
RELAYED: LiteralString = _ORDERS.format(ids="%(ids)s")
WAITING = text(_ORDERS.format(ids=":ids"))

# Both places in one snapshot: the relay takes a fact from the one to the other, its time to the millisecond. The outbox
# holds what waits, which is little unless the log is away; of it, what names the order, what something of the order's
# caused, and messages made for it.
FACTS = text("""
    WITH own AS (
        SELECT id FROM payments WHERE order_id = :order_id
        UNION ALL SELECT id FROM refunds WHERE order_id = :order_id
        UNION ALL SELECT id FROM complaints WHERE order_id = :order_id
        UNION ALL SELECT id FROM order_returns WHERE order_id = :order_id
    )
    SELECT tx, recorded_at, lines AS told, NULL AS topic FROM order_facts WHERE order_id = :order_id
    UNION ALL SELECT tx, recorded_at::timestamptz(3), line, topic FROM outbox
    WHERE position(:name IN line) > 0
    OR topic IN ('inventory', 'payments') AND position(:cause IN line) > 0
        AND substring(line FROM position(:cause IN line) + length(:cause) FOR 36)
            IN (SELECT convert_to(id::text, 'utf8') FROM own)
    OR topic = 'notifications' AND EXISTS (
        SELECT FROM notifications n WHERE n.data ->> 'order_id' = CAST(:order_id AS text) AND n.id = CAST(
            convert_from(substring(line FROM position(:about IN line) + length(:about) FOR 36), 'utf8') AS uuid))
""")

ORDER = text("SELECT id, order_number, user_id FROM orders WHERE id = :id OR order_number = :order_number")

# What of an order is a seller's; `alone` when there is no other seller's line in it.
OWN = text("""
    SELECT count(*) FILTER (WHERE seller_id <> :seller_id) = 0 AS alone,
           coalesce(array_agg(product_id) FILTER (WHERE seller_id = :seller_id), '{}') AS products,
           ARRAY(SELECT id FROM shipments s WHERE s.order_id = :order_id AND s.seller_id = :seller_id) AS parcels,
           ARRAY(SELECT id FROM order_returns r WHERE r.order_id = :order_id AND r.items @> jsonb_build_array(
               jsonb_build_object('seller_id', CAST(:seller_id AS text)))) AS returns
    FROM order_items WHERE order_id = :order_id
""")
