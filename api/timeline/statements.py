"""What belongs to an order without naming it in its facts: asked by the relay, and for what still waits for it."""

from typing import LiteralString

# A message names its order in what it is made of, also one that was asked for and follows from no fact.
ORDERS: LiteralString = """
    SELECT id::text, order_id::text FROM payments WHERE id = ANY(%(ids)s::uuid[])
    UNION ALL SELECT id::text, order_id::text FROM refunds WHERE id = ANY(%(ids)s::uuid[])
    UNION ALL SELECT id::text, order_id::text FROM complaints WHERE id = ANY(%(ids)s::uuid[])
    UNION ALL SELECT id::text, order_id::text FROM order_returns WHERE id = ANY(%(ids)s::uuid[])
    UNION ALL SELECT id::text, data ->> 'order_id' FROM notifications
        WHERE id = ANY(%(ids)s::uuid[]) AND data ->> 'order_id' IS NOT NULL
"""
