"""The test gateway's own ledger, in its own schema: the statements that make, write and read it."""

from sqlalchemy import text

SCHEMA = (
    "SELECT pg_advisory_xact_lock(4242)",
    "CREATE SCHEMA IF NOT EXISTS card_network",
    """CREATE TABLE IF NOT EXISTS card_network.operations (
        idempotency_ref text PRIMARY KEY, reference text NOT NULL UNIQUE, kind text NOT NULL,
        amount_minor bigint NOT NULL, currency text NOT NULL, outcome text NOT NULL, code text, refunds text NOT NULL,
        settles_at timestamptz NOT NULL, webhook_id text, delivered_at timestamptz)""",
    "ALTER TABLE card_network.operations ADD COLUMN IF NOT EXISTS follows text",
    "ALTER TABLE card_network.operations ADD COLUMN IF NOT EXISTS challenge text",
    "ALTER TABLE card_network.operations ADD COLUMN IF NOT EXISTS return_url text",
    "ALTER TABLE card_network.operations ADD COLUMN IF NOT EXISTS late interval NOT NULL DEFAULT '0'",
    "ALTER TABLE card_network.operations ADD COLUMN IF NOT EXISTS webhooks int NOT NULL DEFAULT 1",
    "CREATE INDEX IF NOT EXISTS settled ON card_network.operations (settles_at)",
    "CREATE INDEX IF NOT EXISTS follows ON card_network.operations (follows)",
    "CREATE UNIQUE INDEX IF NOT EXISTS challenges ON card_network.operations (challenge) WHERE challenge IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS undelivered ON card_network.operations (settles_at) "
    "WHERE webhook_id IS NOT NULL AND delivered_at IS NULL",
)
# One that is known keeps what it was, and is answered as it is.
NOTE = text(
    "INSERT INTO card_network.operations (idempotency_ref, reference, kind, amount_minor, currency, outcome, code, "
    "refunds, settles_at, webhook_id, follows, challenge, return_url, late, webhooks) VALUES (:idempotency_ref, "
    ":reference, :kind, :amount_minor, :currency, :outcome, :code, :refunds, "
    "CASE WHEN CAST(:challenge AS text) IS NULL THEN now() + :late ELSE 'infinity' END, :webhook_id, :follows, "
    ":challenge, :return_url, :late, :webhooks) ON CONFLICT (idempotency_ref) DO UPDATE "
    "SET idempotency_ref = excluded.idempotency_ref RETURNING reference, outcome, code, refunds, "
    "settles_at <= now() AS settled, CASE WHEN settles_at = 'infinity' THEN challenge END AS challenge"
)
READ = text(
    "SELECT reference, outcome, code, refunds, settles_at <= now() AS settled, "
    "CASE WHEN settles_at = 'infinity' THEN challenge END AS challenge FROM card_network.operations "
    "WHERE idempotency_ref = :ref OR reference = :ref"
)
# What is still set aside; the lock keeps two captures from taking the same money.
LEFT = text(
    "WITH authorized AS (SELECT reference, amount_minor, outcome FROM card_network.operations "
    "WHERE reference = :reference AND kind = 'authorize' FOR UPDATE) "
    "SELECT amount_minor - coalesce((SELECT sum(o.amount_minor) FROM card_network.operations o "
    "WHERE o.follows = authorized.reference AND o.kind IN ('capture', 'void') AND o.outcome = 'succeeded' "
    "AND o.idempotency_ref <> :ref), 0) FROM authorized WHERE outcome = 'succeeded'"
)
CHALLENGE = text(
    "SELECT amount_minor, currency, return_url, settles_at = 'infinity' AS waiting FROM card_network.operations "
    "WHERE challenge = :challenge"
)
ANSWER = text(
    "UPDATE card_network.operations SET settles_at = now() + CASE WHEN :approved THEN late ELSE '0' END, "
    "outcome = CASE WHEN :approved THEN outcome ELSE 'failed' END, "
    "code = CASE WHEN :approved THEN code ELSE 'authentication_failed' END "
    "WHERE challenge = :challenge AND settles_at = 'infinity'"
)
ABANDON = text(
    "UPDATE card_network.operations SET settles_at = now(), outcome = 'failed', code = 'abandoned', webhook_id = NULL "
    "WHERE reference = :reference AND (settles_at = 'infinity' "
    "OR kind = 'authorize' AND challenge IS NOT NULL AND settles_at > now()) RETURNING 1"
)
ABANDONED = text(
    "SELECT 1 FROM card_network.operations WHERE reference = :reference AND outcome = 'failed' AND code = 'abandoned'"
)
DUE = text(
    "SELECT idempotency_ref, webhook_id FROM card_network.operations WHERE webhook_id IS NOT NULL "
    "AND delivered_at IS NULL AND settles_at <= now() ORDER BY settles_at LIMIT 20"
)
LISTED = text(
    "SELECT idempotency_ref, amount_minor, currency, settles_at AS at, "
    "CASE WHEN settles_at <= now() THEN outcome ELSE 'processing' END AS outcome "
    "FROM card_network.operations WHERE settles_at >= :since AND settles_at < :until"
)
DELIVERED = text(
    "UPDATE card_network.operations SET webhooks = webhooks - 1, "
    "delivered_at = CASE WHEN webhooks <= 1 THEN now() END WHERE webhook_id = :webhook_id"
)
