"""What holds once everything has come to rest: each question finds the rows that break it."""

from typing import Any

import psycopg

from tests.core_machine.core import Core

_LEFT = "(SELECT coalesce(sum(p.captured_minor - p.refunded_minor), 0) FROM payments p WHERE p.order_id = o.id)"
_GIVEN_UP = "EXISTS (SELECT FROM refunds r WHERE r.order_id = o.id AND r.status = 'failed')"
# Of money that was captured in part, a refund takes other parts of goods and shipping than the capture took.
_WHOLE = "o.total_minor = (SELECT sum(p.captured_minor) FROM payments p WHERE p.order_id = o.id)"
_PARCEL = "SELECT FROM shipments s WHERE s.order_id = o.id AND s.kind = 'outbound' AND s.status"
# Goods that came back may be on their way again, as a replacement.
_ANY_PARCEL = "SELECT FROM shipments s WHERE s.order_id = o.id AND s.status"
# Shipping that the platform pays whole stays with who sent the goods, unless there was no sale or a return says so.
_SENT_FREE = """
(SELECT coalesce(sum((c ->> 'platform_minor')::bigint), 0) FROM jsonb_array_elements(o.shipping_options) AS c
 WHERE o.status <> 'cancelled' AND c ->> 'cost_minor' = c ->> 'discount_minor'
 AND (l.seller_id IS NULL OR c ->> 'seller_id' = l.seller_id::text))
"""
# Of the card network: an operation of ours, and whether it took money or gave it.
_NET = """
SELECT sum(CASE WHEN n.idempotency_ref LIKE 'refund:%' OR n.idempotency_ref LIKE 'payout:%' THEN -n.amount_minor
                WHEN o.kind IN ('authorize', 'void') THEN 0 ELSE n.amount_minor END)
FROM card_network.operations n LEFT JOIN payment_operations o ON o.idempotency_ref = n.idempotency_ref
WHERE n.outcome = 'succeeded'
"""
QUESTIONS = {
    "an order still waits":
        "SELECT o.id FROM orders o WHERE status IN ('pending', 'paid')",
    "an order is processed although no parcel waits":
        f"SELECT o.id FROM orders o WHERE status = 'processing' AND NOT EXISTS ({_PARCEL} = 'pending')",
    "an order is shipped although no parcel is under way":
        "SELECT o.id FROM orders o WHERE status = 'shipped' "
        f"AND NOT EXISTS ({_ANY_PARCEL} NOT IN ('delivered', 'returned', 'cancelled'))",
    "an order is shipped or delivered although a parcel waits":
        f"SELECT o.id FROM orders o WHERE status IN ('shipped', 'delivered') AND EXISTS ({_PARCEL} = 'pending')",
    "an order is delivered although a parcel is under way":
        "SELECT o.id FROM orders o WHERE status = 'delivered' "
        f"AND EXISTS ({_PARCEL} NOT IN ('delivered', 'returned', 'cancelled'))",
    "nobody knows what became of an operation":
        "SELECT id FROM payment_operations WHERE status IN ('requested', 'unknown') UNION ALL "
        "SELECT id FROM top_ups WHERE status IN ('requested', 'unknown') UNION ALL "
        "SELECT id FROM payouts WHERE status = 'requested'",
    "a payment waits":
        "SELECT p.id FROM payments p JOIN orders o ON o.id = p.order_id WHERE p.status IN ('pending', 'refunding') "
        "OR p.status = 'processing' AND p.authorized_minor = 0",
    "money stays set aside for an order that has ended":
        "SELECT p.id FROM payments p JOIN orders o ON o.id = p.order_id WHERE p.authorized_minor > p.captured_minor "
        "AND o.status IN ('cancelled', 'returned', 'refunded')",
    "goods are away and their money is not taken":
        "SELECT p.id FROM payments p JOIN orders o ON o.id = p.order_id WHERE p.authorized_minor > p.captured_minor "
        "AND (o.status = 'delivered' OR o.status = 'shipped' AND p.gateway <> 'cod')",
    "goods were sold and nobody paid":
        "SELECT o.id FROM orders o WHERE o.status = 'delivered' AND o.total_minor > 0 AND NOT EXISTS "
        "(SELECT FROM payments p WHERE p.order_id = o.id AND p.captured_minor > 0)",
    "a refund waits":
        "SELECT id FROM refunds WHERE status IN ('approved', 'processing')",
    "money is kept for an order that was cancelled":
        f"SELECT o.id FROM orders o WHERE o.status = 'cancelled' AND {_LEFT} <> 0 AND NOT {_GIVEN_UP}",
    "money is kept for an order that is refunded":
        f"SELECT o.id FROM orders o WHERE o.status = 'refunded' AND {_LEFT} <> 0",
    "money is kept for goods that nobody took":
        f"SELECT o.id FROM orders o WHERE o.status = 'returned' AND NOT EXISTS ({_ANY_PARCEL} NOT IN ('returned', "
        f"'cancelled')) AND {_LEFT} > o.shipping_minor AND NOT {_GIVEN_UP}",
    "units are held for nobody":
        "SELECT id FROM reservations WHERE status = 'held'",
    "an order that lives has no units, or one that was cancelled has some":
        "SELECT o.id FROM orders o WHERE (SELECT coalesce(sum(m.on_hand_delta), 0) FROM stock_movements m "
        "WHERE m.cause_type = 'order' AND m.cause_id = o.id) <> CASE o.status WHEN 'cancelled' THEN 0 ELSE "
        "-(SELECT coalesce(sum(ri.quantity), 0) FROM reservations r JOIN reservation_items ri ON "
        "ri.reservation_id = r.id WHERE r.order_id = o.id AND r.status = 'deducted') + "
        "(SELECT coalesce(sum(si.quantity), 0) FROM shipments s JOIN shipment_items si ON si.shipment_id = s.id "
        "WHERE s.order_id = o.id AND s.status = 'cancelled') END OR o.status <> 'cancelled' "
        "AND (SELECT coalesce(sum(ri.quantity), 0) FROM reservations r JOIN reservation_items ri ON "
        "ri.reservation_id = r.id WHERE r.order_id = o.id AND r.status = 'deducted' AND r.cause_type = 'checkout') "
        "<> (SELECT sum(quantity) FROM order_items i WHERE i.order_id = o.id)",
    "goods that came back fit for sale are not on the shelf, or others are":
        "SELECT t.id FROM order_returns t WHERE (SELECT coalesce(sum(m.on_hand_delta), 0) FROM stock_movements m "
        "WHERE m.cause_type = 'return' AND m.cause_id = t.id) <> CASE WHEN t.restock THEN (SELECT "
        "coalesce(sum((item ->> 'quantity')::int), 0) FROM jsonb_array_elements(t.items) AS item) ELSE 0 END",
    "a promotion is used by an order that never stood":
        "SELECT d.id FROM redemptions d JOIN orders o ON o.id = d.order_id WHERE d.status = 'redeemed' "
        "AND o.status = 'cancelled' AND o.confirmed_at IS NULL",
    "a parcel of an order that was cancelled or paid back waits to be sent":
        f"SELECT o.id FROM orders o WHERE o.status = 'cancelled' AND EXISTS ({_PARCEL} <> 'cancelled') "
        f"OR o.status = 'refunded' AND EXISTS ({_ANY_PARCEL} = 'pending')",
    "goods are neither replaced nor paid back":
        "SELECT s.id FROM shipments s JOIN orders o ON o.id = s.order_id JOIN payments p ON p.order_id = o.id "
        "JOIN shipment_items g ON g.shipment_id = s.id JOIN order_items i ON i.id = g.order_item_id "
        "WHERE s.kind = 'replacement' AND s.status IN ('returned', 'cancelled') AND i.total_minor > i.refunded_minor "
        f"AND p.captured_minor > p.refunded_minor AND p.gateway <> 'cod' AND {_WHOLE} AND NOT {_GIVEN_UP} "
        f"AND EXISTS ({_PARCEL} = 'delivered' AND s.seller_id = i.seller_id) "
        "AND NOT EXISTS (SELECT FROM refunds r WHERE r.cause_id = s.id) AND NOT EXISTS (SELECT FROM shipments n "
        "JOIN shipment_items m ON m.shipment_id = n.id WHERE m.order_item_id = i.id AND n.kind = 'replacement' "
        "AND n.status NOT IN ('returned', 'cancelled'))",
    "all of the money went back, and the books keep some":
        "SELECT e.order_id FROM journal_entries e JOIN journal_lines l ON l.entry_id = e.id "
        "JOIN orders o ON o.id = e.order_id WHERE e.kind <> 'store_credit' AND o.total_minor > 0 "
        f"AND {_LEFT} = 0 AND {_WHOLE} GROUP BY e.order_id, o.id, l.seller_id, "
        "CASE WHEN l.account IN ('sales', 'discounts', 'refunds') "
        "THEN 'goods' ELSE l.account END, l.gateway, l.wallet_id HAVING sum(l.debit_minor) <> sum(l.credit_minor) "
        "AND max(l.account) NOT IN ('gateway_clearing', 'wallet_liability') "
        "AND NOT (max(l.account) = 'shipping_income' "
        f"AND sum(l.credit_minor - l.debit_minor) = {_SENT_FREE} OR max(l.account) = 'promotion_expense' "
        f"AND sum(l.debit_minor - l.credit_minor) BETWEEN 0 AND {_SENT_FREE})",
    "a complaint was promised a refund that is not there":
        "SELECT c.id FROM complaints c WHERE c.resolution_type = 'store_credit' AND NOT EXISTS "
        "(SELECT FROM wallet_entries e WHERE e.cause_type = 'store_credit' AND e.cause_id = c.id) "
        "OR c.resolution_type = 'replacement' AND NOT EXISTS (SELECT FROM reservations r "
        "WHERE r.cause_id = c.id AND r.status = 'deducted')",
    "the ledger has other money at the gateway than the gateway":
        f"SELECT 1 WHERE coalesce(({_NET}), 0) <> (SELECT coalesce(sum(debit_minor - credit_minor), 0) "
        "FROM journal_lines WHERE account = 'gateway_clearing' AND gateway = 'test')",
}  # fmt: skip
_ALL = "\nUNION ALL\n".join(
    f"SELECT '{name}' AS what, found.id::text AS which FROM ({question}) AS found (id)"
    for name, question in QUESTIONS.items()
)


def check(db: psycopg.Connection[Any], core: Core) -> None:
    """AssertionError that names what is broken and the rows."""
    broken = db.execute(_ALL, prepare=True).fetchall()
    assert not broken, "; ".join(f"{what}: {which}" for what, which in broken)
    differences = core.compared()
    assert not differences, f"the gateway says otherwise: {differences}"
