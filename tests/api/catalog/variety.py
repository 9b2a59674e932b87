"""Products that differ in everything a list asks for, of three sellers and in a branch of categories."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg.rows import namedtuple_row

from api import ids

NOON = datetime(2026, 11, 21, 12, 0, 0, 123_999, tzinfo=UTC)
NAMES = ("Cup", "cup", 'A "quoted" \\ name', "Ångström €\u2028", "tab\tand\nline", "a/b <i>&</i> \x7f", "100 %s %(x)s")
BRANDS = (None, "Taylor", "O'Neill", "back\\slash", "%")
RATED = ((0, 0), (5, 1), (13, 3), (9, 2), (1, 1))
STATUSES = ("active", "active", "active", "active", "inactive", "deleted")
COUNT = 70

_PRODUCT = """
INSERT INTO products (id, sku, seller_id, spec_id, category_id, name, description, brand, keywords, price_minor,
                      currency, status, rating_sum, rating_count, version, created_at, updated_at)
VALUES (%(id)s, %(sku)s, %(seller_id)s, %(spec_id)s, %(category_id)s, %(name)s, %(description)s, %(brand)s,
        %(keywords)s, %(price_minor)s, 'GBP', %(status)s, %(rating_sum)s, %(rating_count)s, 3, %(at)s, %(at)s)
"""
_STOCK = "INSERT INTO inventory (id, product_id, bucket, on_hand, reserved) VALUES (uuidv7(), %s, %s, %s, 1)"
_ROWS = """
SELECT p.*, s.status = 'active' AS open, (
    WITH RECURSIVE up AS (
        SELECT id, name, parent_id, 1 AS depth FROM categories WHERE id = p.category_id
        UNION ALL SELECT c.id, c.name, c.parent_id, depth + 1 FROM categories c JOIN up ON c.id = up.parent_id
    ) SELECT array_agg(name ORDER BY depth DESC) FROM up) AS category,
    coalesce((SELECT sum(on_hand - reserved) FROM inventory WHERE product_id = p.id), 0) AS available,
    dense_rank() OVER (ORDER BY p.name) AS name_rank
FROM products p JOIN sellers s ON s.id = p.seller_id
"""


class Variety(NamedTuple):
    """What there is: sellers of whom the last is suspended, categories each of which stands in the one before."""

    sellers: Sequence[UUID]
    specs: Sequence[UUID]
    categories: Sequence[UUID]
    rows: Sequence[Any]


def made(dsn: str) -> Variety:
    """New products instead of those that were there, and their rows with what lists show beside."""
    with psycopg.connect(dsn, autocommit=True, row_factory=namedtuple_row) as connection:
        owners = _sellers(connection), _specs(connection), _categories(connection)
        connection.execute("TRUNCATE products, inventory CASCADE")
        _fill(connection, *owners)
        return Variety(*owners, connection.execute(_ROWS).fetchall())


def _sellers(connection: psycopg.Connection[Any]) -> list[UUID]:
    found = []
    for status in ("active", "active", "suspended"):
        user_id, seller_id = ids.new(), ids.new()
        connection.execute(
            "INSERT INTO users (id, email, first_name, last_name, phone) VALUES (%s, %s, 'A', 'B', '+1')",
            [user_id, f"{user_id}@x.example"],
        )
        connection.execute(
            "INSERT INTO sellers (id, user_id, display_name, slug, legal_name, contact_email, contact_phone, currency, "
            "status) VALUES (%s, %s, %s, %s, 'S', 's@x.example', '+1', 'GBP', %s)",
            [seller_id, user_id, str(seller_id), str(seller_id), status],
        )
        found.append(seller_id)
    return found


def _specs(connection: psycopg.Connection[Any]) -> list[UUID]:
    seller = connection.execute("SELECT id FROM sellers LIMIT 1").fetchone()
    assert seller
    spec_id = ids.new()
    connection.execute(
        "INSERT INTO product_specs (id, created_by, title) VALUES (%s, %s, 'Sheet')", [spec_id, seller.id]
    )
    return [spec_id]


def _categories(connection: psycopg.Connection[Any]) -> list[UUID]:
    found: list[UUID] = []
    for _ in range(3):
        category_id = ids.new()
        connection.execute(
            "INSERT INTO categories (id, name, slug, parent_id) VALUES (%s, %s, %s, %s)",
            [category_id, f'Ünder "{category_id}"', str(category_id), found[-1] if found else None],
        )
        found.append(category_id)
    return found


def _fill(connection: psycopg.Connection[Any], sellers: list[UUID], specs: list[UUID], categories: list[UUID]) -> None:
    for number in range(COUNT):
        product_id = ids.new()
        given, count = RATED[number % len(RATED)]
        fields = {
            "id": product_id, "sku": str(number) + str(product_id), "seller_id": sellers[number % 7 % 3],
            "spec_id": specs[0] if number % 4 == 0 else None, "category_id": categories[number % 3],
            "name": NAMES[number % len(NAMES)],
            "description": NAMES[number % 3] * 2, "brand": BRANDS[number % len(BRANDS)],
            "keywords": ["a", 'b "c"'][: number % 3], "price_minor": 100 + number // 3 % 10,
            "status": STATUSES[number % len(STATUSES)], "rating_sum": given, "rating_count": count,
            "at": NOON + timedelta(microseconds=number // 2 * 333_333),
        }  # fmt: skip
        connection.execute(_PRODUCT, fields)
        for bucket in range(number % 3):
            connection.execute(_STOCK, [product_id, bucket, 1 + number % 2])
