"""Collects the rows and facts of many orders and writes them with one COPY a table, in one transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection as Driver
from psycopg import sql
from sqlalchemy.ext.asyncio import AsyncConnection

from api import outbox

# Tables in the order in which rows may refer to each other, with the columns that an import fills.
COLUMNS: dict[str, tuple[str, ...]] = {
    "categories": ("id", "name", "slug", "parent_id"),
    "products": (
        "id", "sku", "seller_id", "category_id", "name", "brand", "price_minor", "currency", "status", "created_at",
        "updated_at",
    ),
    "inventory": ("id", "product_id", "on_hand", "version"),
    "orders": (
        "id", "order_number", "user_id", "status", "currency", "subtotal_minor", "total_minor", "shipping_address",
        "payment_method", "session_id", "confirmed_at", "shipped_at", "delivered_at", "version", "created_at",
        "updated_at",
    ),
    "order_items": (
        "id", "order_id", "line_no", "product_id", "seller_id", "product_name", "unit_price_minor", "quantity",
        "total_minor", "commission_bp", "product_snapshot",
    ),
    "reservations": (
        "id", "order_id", "cause_id", "status", "expires_at", "version", "created_at", "updated_at",
    ),
    "reservation_items": ("reservation_id", "inventory_id", "product_id", "quantity"),
    "stock_movements": (
        "id", "inventory_id", "product_id", "kind", "on_hand_delta", "reserved_delta", "on_hand_after",
        "reserved_after", "version", "cause_type", "cause_id", "occurred_at",
    ),
    "payments": (
        "id", "order_id", "user_id", "payment_method", "gateway", "gateway_transaction_id", "amount_minor",
        "currency", "authorized_minor", "captured_minor", "status", "version", "created_at", "updated_at",
    ),
    "payment_operations": (
        "id", "payment_id", "kind", "amount_minor", "status", "gateway_reference", "idempotency_ref", "answer_code",
        "occurred_at", "updated_at",
    ),
    "order_returns": (
        "id", "order_id", "user_id", "reason", "items", "refund_minor", "status", "restock", "received_at",
        "created_at", "updated_at",
    ),
    "refunds": (
        "id", "payment_id", "order_id", "requested_by", "amount_minor", "currency", "reason_code", "status",
        "attempts", "cause_type", "cause_id", "version", "created_at", "updated_at",
    ),
    "journal_entries": ("id", "kind", "cause_type", "cause_id", "order_id", "currency", "occurred_at"),
    "journal_lines": (
        "entry_id", "line_no", "account", "seller_id", "product_id", "order_item_id", "gateway", "debit_minor",
        "credit_minor", "units",
    ),
    "shipments": (
        "id", "order_id", "seller_id", "status", "destination_address", "currency", "shipped_at", "delivered_at",
        "version", "created_at", "updated_at",
    ),
    "shipment_items": ("shipment_id", "order_item_id", "quantity"),
    "tracking_events": ("id", "shipment_id", "status", "occurred_at"),
    "import_marks": ("source", "item"),
    "outbox": ("topic", "partition", "event_id", "line"),
}  # fmt: skip


class Batch:
    """Rows and facts of one transaction; nothing is written before `write`."""

    def __init__(self) -> None:
        self._rows: dict[str, list[Sequence[Any]]] = {table: [] for table in COLUMNS}

    def add(self, table: str, *values: Any) -> None:
        """One row, its values in the order of COLUMNS."""
        self._rows[table].append(values)

    def record(self, correlation: str, at: datetime, facts: Sequence[outbox.Fact]) -> None:
        """Facts of one import item, in this order, all at `at`."""
        token = outbox.correlation_id.set(correlation)
        try:
            columns = outbox.rows([outbox.Fact(fact.event, fact.seq, at) for fact in facts])
        finally:
            outbox.correlation_id.reset(token)
        self._rows["outbox"].extend(
            zip(columns["topics"], columns["partitions"], columns["event_ids"], columns["lines"], strict=True)
        )

    async def write(self, connection: AsyncConnection) -> None:
        """Send every row, table by table; a constraint that refuses raises psycopg's IntegrityError."""
        raw = await connection.get_raw_connection()
        driver = raw.driver_connection
        assert isinstance(driver, Driver)  # noqa: S101
        for table, rows in self._rows.items():
            if rows:
                await _copy(driver, table, rows)


async def _copy(driver: Driver[Any], table: str, rows: Sequence[Sequence[Any]]) -> None:
    columns = sql.SQL(", ").join(map(sql.Identifier, COLUMNS[table]))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), columns)
    async with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            await copy.write_row(row)
