"""Reconciles: the core = what landed = the marts, to the minor unit, at one cut."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import Error as ClickHouseError
from urllib3.exceptions import HTTPError

from audit import core, warehouse
from audit.cells import Difference, compare, lasting
from clickhouse.verdicts import Verdict
from streams.events import FACT_TOPICS
from streams.events.partitions import PARTITIONS

TRIES = 3
PAUSE_SECONDS = 0.4
MARKED_PARTITIONS = len(FACT_TOPICS) * PARTITIONS


@dataclass(frozen=True)
class Outcome:
    """What one run found."""

    verdict: Verdict
    at: datetime
    seconds: float
    complete_to: int = 0
    recorded_at: datetime | None = None
    cells: int = 0
    differences: Sequence[Difference] = ()
    reason: str = ""
    slugs: dict[UUID, str] = field(default_factory=dict)
    run_id: UUID = field(default_factory=uuid4)


class IncompleteError(Exception):
    """ClickHouse cannot say yet up to where it is complete."""


@dataclass(frozen=True)
class _Look:
    cut: warehouse.Cut
    cells: int
    differences: list[Difference]


def reconcile(connection: core.Connection, client: Client) -> Outcome:
    """Compare all sides; what an insert between two reads made different is looked at again, three times at most.

    Raises IncompleteError, psycopg.Error or ClickHouse's errors: then nothing was compared.
    """
    began = time.monotonic()
    look = _look(connection, client)
    differences = look.differences
    for _ in range(TRIES - 1):
        if not differences:
            break
        time.sleep(PAUSE_SECONDS)
        look = _look(connection, client)
        differences = lasting(differences, look.differences)
    return Outcome(
        verdict="different" if differences else "equal",
        at=datetime.now(UTC),
        seconds=round(time.monotonic() - began, 3),
        complete_to=look.cut.complete_to,
        recorded_at=look.cut.recorded_at,
        cells=look.cells,
        differences=differences,
        slugs=warehouse.slugs(client) if differences else {},
    )


def _look(connection: core.Connection, client: Client) -> _Look:
    cut = warehouse.cut(client)
    if cut.partitions < MARKED_PARTITIONS:
        raise IncompleteError(
            f"{cut.partitions} of {MARKED_PARTITIONS} partitions of the log have a progress mark in ClickHouse: "
            "wait for the relay and the sink (atlantic status)"
        )
    expected, landed = core.lines(connection, cut.complete_to), warehouse.lines(client, cut.complete_to)
    differences = compare("landing", warehouse.LINE_MEASURES, expected, landed)
    checked = [warehouse.check(client, mart) for mart in warehouse.MARTS]
    cells = len(expected.keys() | landed.keys()) + sum(mart.cells for mart in checked)
    return _Look(cut, cells, [*differences, *(found for mart in checked for found in mart.differences)])


UNREACHABLE = (IncompleteError, psycopg.Error, ClickHouseError, HTTPError, OSError)


def uncompared(error: Exception) -> Outcome:
    """The outcome when a side did not answer."""
    side = (
        "PostgreSQL: "
        if isinstance(error, psycopg.Error)
        else ""
        if isinstance(error, IncompleteError)
        else "ClickHouse: "
    )
    reason = " ".join(f"{side}{error}".split())[:500]
    return Outcome("could_not_compare", datetime.now(UTC), 0.0, reason=reason)


def as_json(outcome: Outcome) -> dict[str, Any]:
    """The outcome in plain words and numbers; amounts in minor units."""
    return {
        "verdict": outcome.verdict,
        "complete_to": outcome.complete_to,
        "recorded_at": outcome.recorded_at.isoformat() if outcome.recorded_at else None,
        "at": outcome.at.isoformat(),
        "cells": outcome.cells,
        "seconds": outcome.seconds,
        "reason": outcome.reason,
        "differences": [_named(found, outcome.slugs) for found in outcome.differences],
    }


def _named(found: Difference, slugs: dict[UUID, str]) -> dict[str, Any]:
    cell = found.cell
    return {
        "side": found.side,
        "seller": slugs.get(cell.seller_id, str(cell.seller_id)),
        "currency": cell.currency,
        "account": cell.account,
        "day": cell.day.isoformat(),
        "measure": found.measure,
        "expected": found.expected,
        "found": found.found,
        "difference": found.amount,
    }
