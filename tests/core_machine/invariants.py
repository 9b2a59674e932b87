"""What holds after every step, asked of PostgreSQL in one statement: each question finds the rows that break it."""

from typing import Any

import psycopg

LEGAL_STEPS = {
    "orders": "pending>paid pending>processing pending>cancelled paid>processing paid>cancelled paid>refunded "
    "processing>cancelled processing>shipped processing>refunded shipped>delivered shipped>returned shipped>refunded "
    "delivered>returned delivered>refunded",
    "reservations": "held>deducted held>released held>expired",
    "order_returns": "requested>received requested>rejected",
    "complaints": "open>under_review open>resolved open>rejected under_review>resolved under_review>rejected",
    "refunds": "requested>approved requested>rejected requested>succeeded approved>processing approved>succeeded "
    "processing>approved processing>succeeded processing>failed failed>approved failed>succeeded",
}
ENDED = {"payments": "failed expired cancelled refunded", "shipments": "delivered returned cancelled"}

_BOOKED = """
SELECT e.order_id, sum(l.debit_minor - l.credit_minor) AS minor FROM journal_entries e
JOIN journal_lines l ON l.entry_id = e.id
WHERE e.kind IN ('sale', 'refund') AND l.account IN ('gateway_clearing', 'wallet_liability') GROUP BY 1
"""
_PAID = """
SELECT order_id, sum(captured_minor) AS captured, sum(refunded_minor) AS refunded FROM payments GROUP BY 1
"""
QUESTIONS = {
    "an entry that does not balance":
        "SELECT entry_id FROM journal_lines GROUP BY 1 HAVING sum(debit_minor) <> sum(credit_minor)",
    "units held are not those of the holds":
        "SELECT i.id FROM inventory i LEFT JOIN (SELECT inventory_id, sum(quantity) AS held FROM reservation_items ri "
        "JOIN reservations r ON r.id = ri.reservation_id WHERE r.status = 'held' GROUP BY 1) h "
        "ON h.inventory_id = i.id WHERE i.reserved <> coalesce(h.held, 0) OR i.reserved < 0 OR i.on_hand < i.reserved",
    "stock is not the sum of its movements":
        "SELECT i.id FROM inventory i JOIN (SELECT inventory_id, sum(on_hand_delta) AS on_hand, sum(reserved_delta) "
        "AS reserved, count(*) AS moves FROM stock_movements GROUP BY 1) m ON m.inventory_id = i.id "
        "WHERE (i.on_hand, i.reserved, i.version) <> (m.on_hand, m.reserved, m.moves)",
    "the ledger has other money than the payments":
        f"SELECT coalesce(p.order_id, b.order_id) FROM ({_PAID}) p FULL JOIN ({_BOOKED}) b ON b.order_id = p.order_id "
        "WHERE coalesce(p.captured - p.refunded, 0) <> coalesce(b.minor, 0)",
    "more is paid for an order than it costs":
        f"SELECT o.id FROM orders o JOIN ({_PAID}) p ON p.order_id = o.id WHERE p.captured > o.total_minor",
    "refunds are not what was given back":
        "SELECT p.id FROM payments p LEFT JOIN refunds r ON r.payment_id = p.id GROUP BY p.id HAVING "
        "coalesce(sum(r.amount_minor) FILTER (WHERE r.status = 'succeeded'), 0) <> p.refunded_minor "
        "OR coalesce(sum(r.amount_minor) FILTER (WHERE r.status NOT IN ('failed', 'rejected')), 0) > p.captured_minor",
    "lines give back more than they cost, or other money than went back":
        "SELECT i.order_id FROM order_items i GROUP BY 1 HAVING bool_or(i.refunded_minor > i.total_minor OR "
        "i.refunded_minor < 0) OR sum(i.refunded_minor) + (SELECT coalesce(sum((c ->> 'refunded_minor')::bigint), 0) "
        "FROM orders o, jsonb_array_elements(o.shipping_options) AS c WHERE o.id = i.order_id) <> "
        "(SELECT coalesce(sum(refunded_minor), 0) FROM payments p WHERE p.order_id = i.order_id)",
    "shipping gives back more than it costs":
        "SELECT o.id FROM orders o, jsonb_array_elements(o.shipping_options) AS c WHERE "
        "coalesce((c ->> 'refunded_minor')::bigint, 0) NOT BETWEEN 0 AND (c ->> 'cost_minor')::bigint - "
        "coalesce((c ->> 'discount_minor')::bigint, 0)",
    "an order is not the sum of its lines":
        "SELECT o.id FROM orders o JOIN order_items i ON i.order_id = o.id GROUP BY o.id "
        "HAVING o.total_minor - o.shipping_minor <> sum(i.total_minor)",
    "two live payments of an order":
        "SELECT order_id FROM payments WHERE status NOT IN ('failed', 'expired', 'cancelled') GROUP BY 1 "
        "HAVING count(*) > 1",
    "a wallet is not the sum of its entries":
        "SELECT w.id FROM wallets w LEFT JOIN wallet_entries e ON e.wallet_id = w.id GROUP BY w.id "
        "HAVING w.balance_minor <> coalesce(sum(e.delta_minor), 0) OR w.balance_minor < 0",
    "a wallet is not what the ledger owes":
        "SELECT w.id FROM wallets w LEFT JOIN (SELECT wallet_id, sum(credit_minor - debit_minor) AS owed "
        "FROM journal_lines WHERE account = 'wallet_liability' GROUP BY 1) l ON l.wallet_id = w.id "
        "WHERE w.balance_minor <> coalesce(l.owed, 0)",
    "a promotion is used more often than it may be":
        "SELECT p.id FROM promotions p LEFT JOIN redemptions r ON r.promotion_id = p.id AND r.status = 'redeemed' "
        "GROUP BY p.id HAVING count(r.id) <> p.used_count OR p.used_count > p.usage_limit",
    "a shopper uses a promotion more often than one may":
        "SELECT p.id FROM promotions p JOIN redemptions r ON r.promotion_id = p.id AND r.status = 'redeemed' "
        "GROUP BY p.id, r.user_id HAVING count(*) > p.per_user_limit",
    "more goods came back than were sold":
        "SELECT id FROM order_items WHERE returned_quantity > quantity",
    "an arrow that is none":
        "SELECT s.id FROM steps_taken s WHERE EXISTS (SELECT FROM legal_steps l WHERE l.kind = s.kind) AND NOT EXISTS "
        "(SELECT FROM legal_steps l WHERE (l.kind, l.arrow) = (s.kind, s.before || '>' || s.after))",
    "what had ended goes on":
        "SELECT s.id FROM steps_taken s JOIN ended_states e ON (e.kind, e.status) = (s.kind, s.before)",
}  # fmt: skip
_ALL = "\nUNION ALL\n".join(
    f"SELECT '{name}' AS what, found.id::text AS which FROM ({question}) AS found (id)"
    for name, question in QUESTIONS.items()
)


def prepare(db: psycopg.Connection[Any]) -> None:
    """Tell the database which steps are legal."""
    db.execute("CREATE TABLE legal_steps (kind text, arrow text)")
    db.execute("CREATE TABLE ended_states (kind text, status text)")
    for kind, arrows in LEGAL_STEPS.items():
        db.execute("INSERT INTO legal_steps SELECT %s, unnest(%s::text[])", [kind, arrows.split()])
    for kind, states in ENDED.items():
        db.execute("INSERT INTO ended_states SELECT %s, unnest(%s::text[])", [kind, states.split()])


def check(db: psycopg.Connection[Any]) -> None:
    """AssertionError that names what is broken and the rows."""
    broken = db.execute(_ALL, prepare=True).fetchall()
    assert not broken, "; ".join(f"{what}: {which}" for what, which in broken)
