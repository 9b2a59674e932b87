"""Keeps what the audit found: one row per run, and one per cell that differs. The warehouse is its only writer."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec
from clickhouse_connect.driver.client import Client

Verdict = Literal["equal", "different", "could_not_compare"]


class Difference(msgspec.Struct, frozen=True):
    """One cell that differs, in minor units; None where a side has no such cell."""

    seller_id: UUID
    currency: str
    account: str
    day: date
    measure: str
    core_minor: int | None
    landing_minor: int | None
    mart_minor: int | None


class Run(msgspec.Struct, frozen=True):
    """One run of the audit: the cut it compared at, how many cells, how long, and why it could not compare."""

    run_id: UUID
    at: datetime
    complete_to: int
    cells: int
    verdict: Verdict
    seconds: float
    reason: str = ""


def record(client: Client, run: Run, differences: Sequence[Difference] = ()) -> None:
    """Write a run and its differing cells, the cells first: whoever sees the verdict finds them."""
    if differences:
        columns = ["run_id", "at", *Difference.__struct_fields__]
        rows = [[run.run_id, run.at, *msgspec.structs.astuple(cell)] for cell in differences]
        client.insert("audit_differences", rows, column_names=columns)
    columns = ["run_id", "at", "complete_to", "cells", "differing", "verdict", "seconds", "reason"]
    row = [run.run_id, run.at, run.complete_to, run.cells, len(differences), run.verdict, run.seconds, run.reason]
    client.insert("audit_verdicts", [row], column_names=columns)
