"""`atlantic up`."""

import os
import subprocess
import sys
from typing import Annotated

import typer

from stack.cli.output import err, fail
from stack.cli.watch import follow
from stack.environment import INHERITED
from stack.home import CHECKOUT, Home
from stack.installation import install_everything
from stack.state import State, load
from stack.supervisor import chosen


def command(
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Return when every part is healthy.")] = False,
    only: Annotated[
        str, typer.Option(help="Only these parts, by comma; `servers` stands for the five servers.", metavar="PARTS")
    ] = "",
    migrate: Annotated[bool, typer.Option(help="Bring the stores to the code's version first.")] = True,
) -> None:
    """Start the servers, migrate, start the processes; Ctrl-C stops them all.

    Example: atlantic up --detach

    Example: atlantic up --only servers,api
    """
    home = Home.from_environment()
    parts = [word.strip() for word in only.split(",") if word.strip()]
    process = start(home, parts, migrate, detach)
    if detach:
        return
    err.print("running; Ctrl-C stops everything")
    try:
        code = process.wait()
    except KeyboardInterrupt:
        code = stop_and_wait(process)
    raise typer.Exit(code)


def start(home: Home, parts: list[str], migrate: bool = True, detach: bool = True) -> "subprocess.Popen[bytes]":
    """Start the supervisor and wait until it runs; ends the command with the reason when it does not."""
    chosen(home, parts)
    state = load(home)
    if state is not None and state.alive:
        fail(f"{home.root} is already running (PID {state.supervisor.pid}): see `atlantic status`")
    install_everything(err)
    process = _spawn(home, parts if migrate else [*parts, "--no-migrate"])
    try:
        state = follow(home, process.pid, lambda: process.poll() is not None)
    except KeyboardInterrupt:
        stop_and_wait(process)
        raise typer.Exit(130) from None
    if state is None or state.phase != "running":
        process.wait()
        fail(_why(home, state))
    return process


def stop_and_wait(process: "subprocess.Popen[bytes]") -> int:
    """Ask the supervisor to stop everything and wait for it, however often Ctrl-C is pressed."""
    err.print("stopping")
    process.terminate()
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            err.print("still stopping: every part is given the time to finish what it holds")


def _spawn(home: Home, words: list[str]) -> "subprocess.Popen[bytes]":
    """In a session of its own: Ctrl-C reaches us only, and the supervisor outlives a detached start."""
    log = home.log("supervisor")
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "stack.supervisor", *words], cwd=CHECKOUT, env=_environment(home),
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip


def _environment(home: Home) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in INHERITED or name.startswith("ATLANTIC_")}
    where = {"ATLANTIC_HOME": str(home.root), "ATLANTIC_PORT_BASE": str(home.port_base), "PYTHONPATH": str(CHECKOUT)}
    return {**kept, **where}


def _why(home: Home, state: State | None) -> str:
    if state is not None and state.reason:
        return state.reason
    lines = home.log("supervisor").read_text(errors="replace").strip().splitlines()
    return f"the supervisor ended: {lines[-1] if lines else 'it said nothing'} (see `atlantic logs supervisor`)"
