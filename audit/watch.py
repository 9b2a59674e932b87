"""Reconciles again and again, and keeps every verdict in ClickHouse: what the badge on every page shows."""

import signal
from collections.abc import Mapping
from datetime import UTC, datetime
from threading import Event

import structlog
from prometheus_client import Counter, Gauge

from api import logs
from api.health_server import serving
from audit import once
from audit.books import UNREACHABLE, Outcome
from audit.cells import Difference
from audit.settings import AuditSettings
from clickhouse import client, verdicts

LEAST_PAUSE_SECONDS = 2.0
PAUSE_PER_SECOND = 20.0
"""At most a twentieth of the time is spent comparing, while all is well."""
LONGEST_PAUSE_SECONDS = 30.0

log = structlog.get_logger(__name__)
RUNS = Counter("audit_runs", "Runs of the audit", ["verdict"])
DIFFERING = Gauge("audit_differing_cells", "Cells that differed in the last run that could compare")
COMPARED_TO = Gauge("audit_complete_to", "The cut of the last run that could compare")


class Watch:
    """The loop and what it says about itself."""

    def __init__(self, settings: AuditSettings) -> None:
        self._settings = settings
        self._last: Outcome | None = None
        self._at = datetime.now(UTC)

    def health(self) -> Mapping[str, object]:
        """The last verdict and its age."""
        age = (datetime.now(UTC) - self._at).total_seconds()
        last = self._last
        return {"status": "ok", "verdict": last.verdict if last else None, "seconds_since_run": round(age, 1)}

    def look(self) -> float:
        """One run, kept and counted; gives the seconds to pause before the next one."""
        outcome = once.run(self._settings)
        self._last, self._at = outcome, outcome.at
        self._count(outcome)
        try:
            keep(outcome)
        except UNREACHABLE as error:
            log.warning("the verdict could not be kept", reason=str(error)[:300])
        return pause(outcome)

    def _count(self, outcome: Outcome) -> None:
        RUNS.labels(outcome.verdict).inc()
        if outcome.verdict == "could_not_compare":
            log.warning("could not compare", reason=outcome.reason)
            return
        DIFFERING.set(len(outcome.differences))
        COMPARED_TO.set(outcome.complete_to)
        if outcome.differences:
            log.error("the books differ", cells=len(outcome.differences), first=str(outcome.differences[0]))


def pause(outcome: Outcome) -> float:
    """Seconds until the next run; while the books differ, somebody waits for the mended verdict."""
    share = PAUSE_PER_SECOND if outcome.verdict == "equal" else 1.0
    return max(LEAST_PAUSE_SECONDS, min(LONGEST_PAUSE_SECONDS, share * outcome.seconds))


def keep(outcome: Outcome) -> None:
    """Write the verdict and the differing cells through the warehouse; ClickHouse's errors when it does not answer."""
    run = verdicts.Run(
        outcome.run_id, outcome.at, outcome.complete_to, outcome.cells, outcome.verdict, outcome.seconds, outcome.reason
    )
    with client.sink() as writer:
        verdicts.record(writer, run, [_row(found) for found in outcome.differences])


def _row(found: Difference) -> verdicts.Difference:
    cell, landed = found.cell, found.side == "landing"
    return verdicts.Difference(
        seller_id=cell.seller_id,
        currency=cell.currency,
        account=cell.account,
        day=cell.day,
        measure=f"{found.side} {found.measure}",
        core_minor=found.expected if landed else None,
        landing_minor=found.found if landed else found.expected,
        mart_minor=None if landed else found.found,
    )


def main() -> None:
    """Watch the books until SIGTERM or SIGINT."""
    logs.configure("audit")
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    settings = AuditSettings()
    watch = Watch(settings)
    with serving(settings.port, watch.health):
        while not stop.wait(watch.look()):
            pass


if __name__ == "__main__":
    main()
