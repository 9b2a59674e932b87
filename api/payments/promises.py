"""Asks what of an order's money is promised: by refunds, and by verdicts on complaints that refunds follow from."""

from typing import LiteralString

from sqlalchemy import text

# Verdicts whose money has not moved yet: it follows once the log has told of them, and is nobody else's until then.
# Complaints stand above payments: of them only this is read here.
_TO_FOLLOW: LiteralString = """
    SELECT c.id, c.order_id, c.resolution_minor FROM complaints c
    WHERE c.status = 'resolved' AND c.resolution_type IN ('refund', 'store_credit')
      AND NOT EXISTS (SELECT FROM refunds f WHERE f.cause_type = 'complaint' AND f.cause_id = c.id)
      AND NOT EXISTS (SELECT FROM wallet_entries e JOIN wallets w ON w.id = e.wallet_id
                      WHERE w.user_id = c.user_id AND e.cause_type = 'store_credit' AND e.cause_id = c.id)
"""

# Refunds under way that are bound to lines, but for one of them.
PROMISED = text(f"""
SELECT amount_minor, cause_type, cause_id, seller_id FROM (
    SELECT r.id, r.amount_minor, r.cause_type, r.cause_id, s.id AS seller_id
    FROM refunds r LEFT JOIN sellers s ON r.cause_type = 'seller' AND s.user_id = r.requested_by
    WHERE r.order_id = :order_id AND r.cause_type IN ('seller', 'return', 'complaint', 'replacement')
      AND r.status IN ('approved', 'processing') AND r.id IS DISTINCT FROM CAST(:but AS uuid)
    UNION ALL
    SELECT v.id, v.resolution_minor, 'complaint', v.id, NULL FROM ({_TO_FOLLOW}) AS v WHERE v.order_id = :order_id
) AS promised ORDER BY id
""")  # noqa: S608 - a text of this module, values are bound

# All that is given back of a payment or may still be, but for what the complaint of :but was promised.
ASKED_BACK = text(f"""
SELECT CAST(coalesce((
    SELECT sum(amount_minor) FROM refunds WHERE payment_id = :payment_id AND status NOT IN ('rejected', 'failed')
), 0) + coalesce((
    SELECT sum(v.resolution_minor) FROM payments p JOIN ({_TO_FOLLOW}) AS v ON v.order_id = p.order_id
    WHERE p.id = :payment_id AND v.id IS DISTINCT FROM CAST(:but AS uuid)
), 0) AS bigint)
""")  # noqa: S608 - a text of this module, values are bound
