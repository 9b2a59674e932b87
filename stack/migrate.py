"""Brings every store to the code's version; each step is idempotent, so running it again changes nothing."""

import importlib
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """One store: the function `module:function`, called without arguments; it reads its own settings."""

    name: str
    server: str
    module: str
    function: str


STEPS = (
    Step("postgres", "postgres", "stack.schema", "postgres"),
    Step("topics", "kafka", "stack.schema", "topics"),
    Step("clickhouse", "clickhouse", "clickhouse.migrate", "main"),
    Step("meilisearch", "meilisearch", "streams.search.migrate", "main"),
)


class StepError(RuntimeError):
    """A step failed or is missing; the message names it."""


def run(step: Step) -> float:
    """Run one step; returns the seconds it took."""
    began = time.monotonic()
    try:
        function: Callable[[], object] = getattr(importlib.import_module(step.module), step.function)
    except (ImportError, AttributeError) as error:
        raise StepError(f"{step.name}: {step.module}.{step.function} cannot be loaded: {error}") from error
    try:
        function()
    except Exception as error:  # another module's own: told by the step's name
        raise StepError(f"{step.name}: {type(error).__name__}: {error}") from error
    except SystemExit as error:
        if error.code:
            raise StepError(f"{step.name}: exit {error.code}") from error
    return time.monotonic() - began


def main() -> int:
    """The steps of the servers named on the command line (all when none is), in order; the first failure ends it."""
    servers = sys.argv[1:]
    for step in STEPS:
        if servers and step.server not in servers:
            continue
        try:
            print(f"{step.name}: up to date ({run(step):.1f} s)", flush=True)
        except StepError as error:
            print(f"error: {error}", file=sys.stderr, flush=True)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
