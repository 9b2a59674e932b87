"""Moves time: every due time is brought nearer, as if so long had passed."""

from datetime import timedelta
from typing import Any

import psycopg

# What is compared with the clock, by table.
DUE = {
    "orders": ("hold_expires_at", "shipped_at", "delivered_at"),
    "payments": ("expires_at",),
    "payment_operations": ("updated_at", "occurred_at"),
    "refunds": ("next_attempt_at",),
    "reservations": ("expires_at",),
    "top_ups": ("updated_at",),
    "payouts": ("next_attempt_at",),
    "idempotency_keys": ("created_at",),
    "promotions": ("starts_at", "ends_at"),
    "card_network.operations": ("settles_at",),
}


def pass_by(db: psycopg.Connection[Any], time: timedelta) -> None:
    """Let so much time pass."""
    moved = [
        f"UPDATE {table} SET " + ", ".join(f"{name} = {name} - %(time)s::interval" for name in names)
        for table, names in DUE.items()
    ]
    steps = ", ".join(f"s{number} AS ({statement})" for number, statement in enumerate(moved))
    db.execute(f"WITH {steps} SELECT", {"time": time}, prepare=True)
