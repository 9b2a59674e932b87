"""Looks at what became of a payment."""

from typing import Any

import httpx2
import psycopg

Db = psycopg.Connection[tuple[Any, ...]]


def read(shopper: httpx2.Client, payment: dict[str, Any]) -> dict[str, Any]:
    """As its shopper is told."""
    found: dict[str, Any] = shopper.get(f"/payments/{payment['order_id']}").raise_for_status().json()["current"]
    return found


def sales(db: Db, payment: dict[str, Any]) -> int:
    """How often it stands in the books."""
    booked = db.execute("SELECT count(*) FROM journal_entries WHERE order_id = %s AND kind = 'sale'",
                        [payment["order_id"]]).fetchone()  # fmt: skip
    return int(booked[0]) if booked else 0
