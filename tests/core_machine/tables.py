"""The tables of a run: emptied before it, and watched, so that every step of a state is seen."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg

from api.tables import metadata
from tests.core_machine.people import PRICES, STOCK

KEPT = {"users", "categories", "sellers", "products", "product_specs", "shipping_rates", "relay_positions"}
WATCHED = ("orders", "payments", "refunds", "reservations", "shipments", "complaints", "order_returns")

_WATCH = """
CREATE TABLE IF NOT EXISTS steps_taken (kind text, id uuid, before text, after text);
CREATE OR REPLACE FUNCTION note_step() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  INSERT INTO steps_taken VALUES (TG_TABLE_NAME, NEW.id, OLD.status, NEW.status);
  RETURN NULL;
END $$;
"""
# By one who may: rows that are insert only go too, and references are not asked for. Faster than TRUNCATE, which makes
# files anew.
_EMPTY = ";".join(
    f"DELETE FROM {name}"
    for name in (
        *(table.name for table in reversed(metadata.sorted_tables) if table.name not in KEPT),
        "steps_taken",
        "card_network.operations",
    )
)
_STOCK = """
WITH shelves AS (
    INSERT INTO inventory (id, product_id, on_hand)
    SELECT uuidv7(), id, %(stock)s FROM unnest(%(products)s::uuid[]) AS p (id) RETURNING id, product_id, on_hand
)
INSERT INTO stock_movements (id, inventory_id, product_id, kind, on_hand_delta, reserved_delta, on_hand_after,
                             reserved_after, version, cause_type, occurred_at)
SELECT uuidv7(), id, product_id, 'received', on_hand, 0, on_hand, 0, 1, 'adjustment', now() FROM shelves
"""


def prepare(db: psycopg.Connection[Any]) -> None:
    """Have the database note every change of a status."""
    db.execute(_WATCH)
    for name in WATCHED:
        db.execute(
            f"CREATE TRIGGER note_step AFTER UPDATE OF status ON {name} FOR EACH ROW "
            "WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION note_step()"
        )


def clear(db: psycopg.Connection[Any], products: Sequence[UUID]) -> None:
    """Forget every run before, and fill the shelves; `db` is a superuser's."""
    db.execute("SET session_replication_role = replica")
    db.execute(_EMPTY)
    db.execute("RESET session_replication_role")
    db.execute(_STOCK, {"products": list(products), "stock": STOCK})
    prices = [price for _ in products for price in PRICES][: len(products)]
    db.execute(
        "UPDATE products p SET price_minor = n.price, status = 'active' "
        "FROM unnest(%(ids)s::uuid[], %(prices)s::bigint[]) AS n (id, price) WHERE p.id = n.id",
        {"ids": list(products), "prices": prices},
    )
