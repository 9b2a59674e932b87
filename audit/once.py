"""One run of the audit with connections of its own: what the command does once and the watch again and again."""

from audit import core
from audit.books import UNREACHABLE, Outcome, reconcile, uncompared
from audit.settings import AuditSettings
from clickhouse import client


def run(settings: AuditSettings) -> Outcome:
    """Compare the two sides as they stand; never raises: who does not answer is the outcome's reason."""
    try:
        with core.connected(settings.postgres_dsn) as connection, client.operator_pages() as warehouse:
            return reconcile(connection, warehouse)
    except UNREACHABLE as error:
        return uncompared(error)
