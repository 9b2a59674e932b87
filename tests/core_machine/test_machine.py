"""R-ORD-8, R-ORD-9, R-ORD-10: whatever everybody does in whatever order, and wherever a process ends, the books hold.

`make machine RUNS=1000 SEED=7` is the long form: two processes that share the runs, each on a database of its own, with
the seeds 7 and 8 (`PROCESSES=1 RUNS=500 SEED=8` is the second alone). A failure prints its steps and a blob:
`REPLAY=<blob> make machine`.
"""

import os
import time

import pytest
from hypothesis import HealthCheck, Phase, reproduce_failure, seed, settings
from hypothesis import __version__ as hypothesis_version
from hypothesis.stateful import run_state_machine_as_test

from tests.core_machine.core import Core
from tests.core_machine.machine import Machine
from tests.core_machine.steps import RUN, answers

RUNS, SEED = int(os.environ.get("RUNS", "20")), int(os.environ.get("SEED", "1"))
PARTS = int(os.environ.get("PARTS", "1"))
REPLAY = os.environ.get("REPLAY", "")
ENOUGH, LEAST_SHARE = 20, 0.5
STEPS = int(os.environ.get("STEPS", "30"))
PHASES = [Phase.generate] if "NO_SHRINKING" in os.environ else [Phase.generate, Phase.shrink]


@pytest.mark.timeout(0)
@pytest.mark.parametrize("part", range(PARTS))
def test_the_books_hold_whatever_happens(core: Core, part: int) -> None:
    """R-ORD-8, R-ORD-9, R-ORD-10, R-LED-1, R-INV-2."""
    wanted = settings(
        max_examples=RUNS // PARTS, stateful_step_count=STEPS, deadline=None, database=None, print_blob=True,
        phases=PHASES, suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    machine = reproduce_failure(hypothesis_version, REPLAY.encode())(Machine) if REPLAY else seed(SEED + part)(Machine)
    Machine.core = core
    began = time.monotonic()
    try:
        run_state_machine_as_test(machine, settings=wanted)
    finally:
        share = _told(core, SEED + part, time.monotonic() - began)
    if not REPLAY and RUNS // PARTS >= ENOUGH:
        assert share > LEAST_SHARE, "most faults come to nothing: draw them where steps have boundaries"


def _told(core: Core, seeded: int, seconds: float) -> float:
    """Tell what was done; of the faults that were drawn, the share that struck."""
    runs, drawn = answers.pop(RUN), core.met.total()
    share = sum(count for (_, struck), count in core.met.items() if struck) / max(drawn, 1)
    print(f"\n{runs} runs of up to {STEPS} steps, seed {seeded}: {runs * 60 / seconds:.0f} a minute")
    print(f"{drawn} faults, of which {share:.0%} struck")
    for step in sorted({step for step, _ in core.met}):
        print(f"{core.met[step, True]:7} of {core.met[step, True] + core.met[step, False]} in {step}")
    for (call, status), count in sorted(answers.items()):
        print(f"{count:7} {status} {call}")
    answers.clear()
    core.met.clear()
    return share
