"""`atlantic down`."""

import psutil

from stack.cli.output import fail, out
from stack.home import Home
from stack.leftovers import end_leftovers
from stack.state import load

WAIT_SECONDS = 120.0


def command() -> None:
    """Stop every part that `up` started, in reverse order; data stays. Also cleans up after a killed supervisor.

    Example: atlantic down
    """
    home = Home.from_environment()
    stopped = stop(home)
    out.print(f"stopped {stopped}" if stopped else f"nothing was running in {home.root}")


def stop(home: Home) -> str:
    """Stop the instance; gives what was stopped, or nothing. Ends the command when it does not stop."""
    state = load(home)
    supervisor = state.supervisor.find() if state else None
    if supervisor is None:
        return ", ".join(end_leftovers(home))
    supervisor.terminate()
    try:
        supervisor.wait(WAIT_SECONDS)
    except psutil.TimeoutExpired:
        fail(f"the supervisor (PID {supervisor.pid}) did not stop within {WAIT_SECONDS:.0f} s: see `atlantic status`")
    return "everything"
