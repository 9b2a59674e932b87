"""Ports for tests: each of the processes that share a run looks in a range of its own, and no two runs begin alike."""

import os
from random import SystemRandom

from stack.ports import free_base
from stack.settings import PORTS_PER_INSTANCE

FIRST, EACH, PROCESSES = 24_000, 2_000, 4


def free(span: int = PORTS_PER_INSTANCE) -> int:
    """The first of `span` neighbouring ports that nobody uses.

    Below those that the machine gives to outgoing connections; found and taken are two moments, so two processes must
    not look at the same ones.
    """
    process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % PROCESSES
    start, stop = FIRST + process * EACH, FIRST + (process + 1) * EACH
    # Not of `random`: pytest-randomly gives that the same seed in each process.
    return free_base(span, SystemRandom().randrange(start, stop - 500, span), stop)
