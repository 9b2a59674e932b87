"""`atlantic status`."""

import asyncio
import shutil
import time
from dataclasses import asdict
from typing import Any

import psutil
import typer

from stack.cli.output import Json, out, show_json, show_table
from stack.gauges import Gauges, read
from stack.home import Home
from stack.state import PartState, State, load

DISK_LOW_MB = 512
COLOURS = {"healthy": "green", "failed": "red", "unhealthy": "red", "restarting": "yellow", "starting": "yellow"}


def command(as_json: Json = False) -> None:
    """Show every part, and how far each stage is behind.

    Exit code 0 when the system runs (`healthy` and the table say how each part is), 1 when it does not.

    Example: atlantic status --json
    """
    home = Home.from_environment()
    state = load(home)
    alive = state is not None and state.alive
    answer = describe(home, state, alive)
    gauges = asyncio.run(read(home)) if alive else Gauges()
    if as_json:
        show_json({**answer, **asdict(gauges)})
    else:
        _show(home, answer, gauges)
    raise typer.Exit(0 if alive and answer["phase"] == "running" else 1)


def describe(home: Home, state: State | None, alive: bool) -> dict[str, Any]:
    """What the supervisor last said, checked against the processes that really run."""
    parts = [_part(name, part) for name, part in state.parts.items()] if state else []
    phase = "down" if state is None or (not alive and state.phase != "failed") else state.phase
    healthy = alive and phase == "running" and all(part["state"] == "healthy" for part in parts)
    return {
        "home": str(home.root), "port_base": state.port_base if state else home.port_base, "phase": phase,
        "reason": state.reason if state else "", "supervisor_pid": state.supervisor.pid if state and alive else None,
        "healthy": healthy, "parts": parts, "disk_free_mb": _free_mb(home),
    }  # fmt: skip


def _free_mb(home: Home) -> int | None:
    """Room where the data are; nothing when the home does not exist yet."""
    try:
        return int(shutil.disk_usage(home.root).free / 2**20)
    except OSError:
        return None


def _part(name: str, part: PartState) -> dict[str, Any]:
    process = part.process.find() if part.process else None
    gone = process is None and part.state in {"healthy", "unhealthy", "starting"}
    return {
        "name": name, "state": "stopped" if gone else part.state, "pid": process.pid if process else None,
        "ports": part.ports, "memory_mb": _memory(process), "restarts": part.restarts,
        "since_seconds": round(time.time() - part.since, 1), "reason": part.reason,
    }  # fmt: skip


def _memory(process: psutil.Process | None) -> float | None:
    """Resident memory of the part's whole process tree; shared pages of PostgreSQL count once, in the parent."""
    if process is None:
        return None
    try:
        children = sum(_private(child) for child in process.children(recursive=True))
        return float(round((process.memory_info().rss + children) / 2**20, 1))
    except psutil.Error:
        return None


def _private(process: psutil.Process) -> int:
    try:
        memory = process.memory_info()
    except psutil.Error:
        return 0
    return max(0, int(memory.rss - memory.shared))


def _show(home: Home, answer: dict[str, Any], gauges: Gauges) -> None:
    out.print(f"{home.root}: {answer['phase']} {answer['reason']}".rstrip(), highlight=False, soft_wrap=True)
    rows = [
        (
            part["name"], f"[{COLOURS.get(part['state'], 'dim')}]{part['state']}[/]", str(part["pid"] or "-"),
            ", ".join(map(str, part["ports"])), f"{part['memory_mb'] or 0:.0f} MB", str(part["restarts"]),
            part["reason"],
        )
        for part in answer["parts"]
    ]  # fmt: skip
    show_table(("part", "state", "pid", "ports", "memory", "restarts", "why"), rows)
    if answer["phase"] == "running":
        _show_gauges(gauges)
    free = answer["disk_free_mb"]
    if free is not None and free < DISK_LOW_MB:
        out.print(f"[red]the disk of {home.root} is full: {free} MB free.[/] Make room; everything goes on by itself.")


def _show_gauges(gauges: Gauges) -> None:
    lag = ", ".join(f"{group} {count}" for group, count in (gauges.consumer_lag or {}).items())
    fresh = gauges.freshness_seconds
    rows = [
        ("facts waiting in the outbox", _text(gauges.outbox_rows)),
        ("messages waiting, by consumer group", lag or "-"),
        ("dead letters", _text(gauges.dead_letters)),
        ("books complete up to", "-" if fresh is None else f"transaction {gauges.complete_to}, {fresh:.1f} s ago"),
        *(("not known", reason) for reason in gauges.missing),
    ]
    out.print()
    show_table(("flow", ""), rows)


def _text(value: int | None) -> str:
    return "-" if value is None else str(value)
