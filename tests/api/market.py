"""Many shoppers with full carts, made by a few statements: for races and benchmarks."""

from uuid import UUID

import psycopg

from api import ids
from api.orders.schemas import Checkout, ShipTo
from tests import shop

ASKED = Checkout(address=ShipTo.model_validate(shop.ADDRESS))

_SELLER = """
WITH u AS (INSERT INTO users (id, email, first_name, last_name, phone)
           VALUES (%(u)s, %(u)s::text || '@shop.example', 'S', 'S', '+1')),
     c AS (INSERT INTO categories (id, name, slug) VALUES (%(c)s, %(c)s::text, %(c)s::text))
INSERT INTO sellers (id, user_id, display_name, slug, legal_name, contact_email, contact_phone, currency, status)
VALUES (%(s)s, %(u)s, %(s)s::text, %(s)s::text, 'Shop', 's@shop.example', '+1', 'GBP', 'active')
"""
_PRODUCTS = """
WITH p AS (
    INSERT INTO products (id, sku, seller_id, category_id, name, price_minor, currency, tax_bp)
    SELECT id, id::text, %(s)s, %(c)s, 'Teapot', 1000, 'GBP', 2000 FROM unnest(%(ids)s::uuid[]) AS n (id)
)
INSERT INTO inventory (id, product_id, bucket, on_hand)
SELECT uuidv7(), id, bucket, %(stock)s
FROM unnest(%(ids)s::uuid[]) AS n (id), generate_series(0, %(buckets)s - 1) AS bucket
"""
_SHOPPERS = """
WITH n AS (SELECT uuidv7() AS id, uuidv7() AS cart_id FROM generate_series(1, %(count)s)),
     u AS (INSERT INTO users (id, email, first_name, last_name, phone)
           SELECT id, id || '@x.example', 'A', 'B', '+1' FROM n),
     c AS (INSERT INTO carts (id, user_id, currency, expires_at)
           SELECT cart_id, id, 'GBP', now() + interval '1 day' FROM n),
     i AS (INSERT INTO cart_items (id, cart_id, product_id, quantity, price_when_added_minor)
           SELECT uuidv7(), cart_id, product, 1, 1000 FROM n, unnest(%(ids)s::uuid[]) AS product)
SELECT id FROM n
"""


def products(dsn: str, count: int, *, stock: int, buckets: int = 1) -> list[UUID]:
    """New products of one new seller, `stock` units in each of `buckets` rows."""
    found = [ids.new() for _ in range(count)]
    names = {"u": ids.new(), "s": ids.new(), "c": ids.new()}
    with psycopg.connect(dsn) as connection:
        connection.execute(_SELLER, names)
        connection.execute(_PRODUCTS, names | {"ids": found, "stock": stock, "buckets": buckets})
    return found


def shoppers(dsn: str, count: int, product_ids: list[UUID]) -> list[UUID]:
    """New shoppers, each with one unit of every product in the cart."""
    with psycopg.connect(dsn) as connection:
        return [row[0] for row in connection.execute(_SHOPPERS, {"count": count, "ids": product_ids})]
