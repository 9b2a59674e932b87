"""Follows a start through the state file and says what becomes ready."""

import time
from collections.abc import Callable

from stack.cli.output import err
from stack.home import Home
from stack.state import State, load

POLL_SECONDS = 0.1
COLOURS = {"healthy": "green", "failed": "red", "restarting": "yellow"}


class Follower:
    """Prints each change of a part's state once."""

    def __init__(self) -> None:
        self._seen: dict[str, str] = {}
        self._began = time.monotonic()

    def show(self, state: State) -> None:
        """Print what changed since the last call."""
        for name, part in state.parts.items():
            if part.state in COLOURS and self._seen.get(name) != part.state:
                self._seen[name] = part.state
                seconds = time.monotonic() - self._began
                ports = ", ".join(map(str, part.ports))
                line = (
                    f"{name:<12} [{COLOURS[part.state]}]{part.state:<10}[/] {seconds:5.1f} s  {ports:<14} {part.reason}"
                )
                err.print(line, highlight=False)


def follow(home: Home, pid: int, ended: Callable[[], bool]) -> State | None:
    """Print the start of supervisor `pid` until it runs or has failed; gives the last state."""
    follower = Follower()
    while True:
        over = ended()
        state = load(home)
        if state is not None and state.supervisor.pid == pid:
            follower.show(state)
            if state.phase in {"running", "failed", "stopped"}:
                return state
        if over:
            return state if state and state.supervisor.pid == pid else None
        time.sleep(POLL_SECONDS)
