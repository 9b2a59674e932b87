"""What most payments are, begun and paid by card without delay, as statements that are each a transaction by itself.

What a statement is to do is decided by rows that were read before it. It locks them in everybody's order, order before
payment, and does nothing when they are not as they were read: whoever asked goes the long way then.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import Row, text

from api import idempotency, outbox
from api.ledger import service as ledger

ALONE: Final = "alone"
"""What stands for an effect's id in a call without an Idempotency-Key."""


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """A payment's row, as far as its shopper and its gateway are concerned."""

    id: UUID
    order_id: UUID
    status: str
    payment_method: str
    gateway: str
    amount_minor: int
    currency: str
    authorized_minor: int = 0
    captured_minor: int = 0
    refunded_minor: int = 0
    failure_reason: str | None = None
    next_action: dict[str, Any] | None = None
    expires_at: datetime | None
    version: int = 1
    created_at: datetime
    gateway_transaction_id: str | None = None
    return_url: str | None = None
    client_secret: str | None = None


_FIELDS = tuple(name for name in Payment.__struct_fields__ if name != "id")


def payment(row: Row[Any]) -> Payment:
    """The payment of a row of BEGIN_CHARGE."""
    return Payment(id=row.payment_id, **{name: getattr(row, name) for name in _FIELDS})


READ_ORDER = text("""
SELECT o.user_id, o.status, o.version, o.payment_method, o.total_minor, o.currency, o.hold_expires_at,
       EXISTS (SELECT FROM payments p WHERE p.order_id = o.id) AS tried
FROM orders o WHERE o.id = :order_id
""")

# A payment that is begun meanwhile breaks uq_payments_live.
_OPEN = """
WITH held AS (
    SELECT o.id FROM orders o WHERE o.id = :order_id AND o.version = :order_version AND o.status = 'pending' FOR UPDATE
), fit AS (
    SELECT FROM held WHERE NOT EXISTS (SELECT FROM payments p WHERE p.order_id = :order_id)
), kept AS ({kept}), opened AS (
    INSERT INTO payments (id, order_id, user_id, payment_method, gateway, return_url, client_secret, amount_minor,
                          currency, expires_at, created_at, updated_at)
    SELECT :payment_id, :order_id, :user_id, :payment_method, :gateway, :return_url, :client_secret, :amount_minor,
           :currency, :expires_at, :moment, :moment WHERE EXISTS (SELECT FROM kept)
), told AS ({tell} WHERE EXISTS (SELECT FROM kept))
SELECT EXISTS (SELECT FROM kept)
"""
_KEPT = idempotency.STORE_WHEN.format(condition="EXISTS (SELECT FROM fit)")
OPEN = text(_OPEN.format(tell=outbox.TELL, kept="SELECT FROM fit"))
OPEN_ONCE = text(_OPEN.format(tell=outbox.TELL, kept=_KEPT))

_BEGIN_CHARGE = """
WITH claimed AS ({claimed}), mine AS (
    SELECT FROM claimed WHERE effect = :effect
), held AS (
    SELECT o.id, o.status AS order_status, o.shipping_options FROM orders o
    WHERE o.id = (SELECT order_id FROM payments WHERE id = :payment_id) AND EXISTS (SELECT FROM mine) FOR UPDATE
), asked AS (
    SELECT p.*, held.order_status, held.shipping_options
    FROM held JOIN payments p ON p.order_id = held.id WHERE p.id = :payment_id FOR UPDATE OF p
), noted AS (
    INSERT INTO payment_operations AS o (id, payment_id, kind, amount_minor, status, idempotency_ref)
    SELECT :operation_id, id, :kind, amount_minor, 'requested', :ref FROM asked
    WHERE user_id = :user_id AND status = 'pending' AND expires_at > :moment AND order_status = 'pending'
      AND payment_method = 'card' AND gateway = :gateway
    ON CONFLICT (idempotency_ref) DO UPDATE SET status = 'requested', updated_at = now()
    WHERE o.status IN ('requested', 'unknown') RETURNING id, payment_id
), begun AS (
    UPDATE payments p SET status = 'processing' FROM noted WHERE p.id = noted.payment_id
)
SELECT claimed.effect, noted.id AS operation_id, asked.id AS payment_id, {fields}, asked.shipping_options,
       i.id, i.product_id, i.seller_id, i.quantity, i.total_minor, i.discount_minor, i.platform_discount_minor,
       i.tax_minor, i.commission_bp
FROM (SELECT) AS once LEFT JOIN claimed ON true LEFT JOIN asked ON true LEFT JOIN noted ON true
LEFT JOIN order_items i ON i.order_id = asked.order_id AND noted.id IS NOT NULL ORDER BY i.line_no
"""
_ASKED = ", ".join(f"asked.{name}" for name in _FIELDS)
BEGIN_CHARGE = text(_BEGIN_CHARGE.format(claimed="SELECT CAST(:effect AS text) AS effect", fields=_ASKED))
BEGIN_CHARGE_ONCE = text(_BEGIN_CHARGE.format(claimed=idempotency.CLAIM, fields=_ASKED))

_BOOK = """
WITH paid AS (
    UPDATE payments SET status = 'success', authorized_minor = amount_minor, captured_minor = amount_minor,
                        gateway_transaction_id = coalesce(:reference, gateway_transaction_id), next_action = NULL,
                        version = :version, updated_at = :moment
    WHERE id = :payment_id AND version = :version - 1 AND status = 'processing' AND authorized_minor = 0 RETURNING id
), decided AS (
    UPDATE payment_operations SET status = 'succeeded', gateway_reference = :reference, answer_code = :answer_code,
                                  updated_at = :moment
    WHERE idempotency_ref = :ref AND EXISTS (SELECT FROM paid)
), entries AS ({entries} WHERE EXISTS (SELECT FROM paid)),
lines AS ({lines} WHERE EXISTS (SELECT FROM paid)),
told AS ({tell} WHERE EXISTS (SELECT FROM paid)), kept AS ({kept})
SELECT EXISTS (SELECT FROM paid) AS done, EXISTS (SELECT FROM kept) AS kept
"""
_BOOKED = {"entries": ledger.ENTRIES, "lines": ledger.LINES, "tell": outbox.TELL}
BOOK = text(_BOOK.format(**_BOOKED, kept="SELECT FROM paid"))
BOOK_ONCE = text(_BOOK.format(**_BOOKED, kept=idempotency.STORE_WHEN.format(condition="EXISTS (SELECT FROM paid)")))
