"""CPU time of processes with all that they started, from /proc: what neighbours on the machine leave alone."""

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import NamedTuple

import psutil


class Spent(NamedTuple):
    """Seconds of the clock, and CPU seconds by part."""

    seconds: float
    cpu: Mapping[str, float]

    def ms_each(self, operations: int) -> dict[str, float]:
        """CPU milliseconds an operation, by part."""
        return {name: seconds * 1000 / operations for name, seconds in self.cpu.items()}


class Meter:
    """CPU time of some parts since it was made; children that have ended count for who waited for them."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._roots = {name: psutil.Process(pid) for name, pid in pids.items()}
        self._before, self._began = self._now(), time.perf_counter()

    def spent(self) -> Spent:
        """What was used up to now."""
        now = self._now()
        used = {name: seconds - self._before[name] for name, seconds in now.items()}
        return Spent(time.perf_counter() - self._began, used)

    def _now(self) -> dict[str, float]:
        return {name: sum(map(_seconds, [root, *root.children(recursive=True)])) for name, root in self._roots.items()}


def _seconds(process: psutil.Process) -> float:
    try:
        return float(sum(process.cpu_times()[:4]))
    except psutil.NoSuchProcess:
        return 0.0


@contextmanager
def on_one_core(pids: Iterable[int], others: Iterable[int]) -> Iterator[None]:
    """Keep processes with their children and threads on one core, and this and the `others` off it for as long.

    Where there is one core, or the system cannot bind (macOS), nothing is bound.
    """
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(cores) > 1:
        _bind(pids, cores[:1])
        _bind([os.getpid(), *others], cores[1:])
    try:
        yield
    finally:
        if len(cores) > 1:
            _bind([os.getpid()], cores)


def _bind(pids: Iterable[int], cores: list[int]) -> None:
    for root in map(psutil.Process, pids):
        for process in [root, *root.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess, ProcessLookupError):
                for thread in process.threads():
                    os.sched_setaffinity(thread.id, cores)


def own() -> float:
    """CPU seconds of this process."""
    times = os.times()
    return times.user + times.system
