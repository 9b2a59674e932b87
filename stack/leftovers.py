"""What a killed supervisor left behind: found by session and birth, so that nobody else's process is ever touched."""

import os
from collections.abc import Callable
from contextlib import suppress

import psutil

from stack.home import Home
from stack.state import CREATED_TOLERANCE_SECONDS, Process, load

POLITE_SECONDS = 20.0


def end_leftovers(home: Home) -> list[str]:
    """End the parts of a supervisor that is gone; gives their names. Does nothing while it lives."""
    state = load(home)
    if state is None or state.alive:
        return []
    found = {name: session_of(part.process) for name, part in state.parts.items() if part.process}
    _end([process for members in found.values() for process in members])
    return [name for name, members in found.items() if members]


def session_of(leader: Process) -> list[psutil.Process]:
    """Every process of the session that the part led, whether or not the leader still lives.

    A session number is not given out again while a member lives. If the number belongs to a process born at another
    moment, the session is somebody else's.
    """
    if psutil.pid_exists(leader.pid) and leader.find() is None and not _is_zombie(leader.pid):
        return []
    return [process for process in psutil.process_iter() if _belongs(process, leader)]


def _belongs(process: psutil.Process, leader: Process) -> bool:
    try:
        mine = os.getsid(process.pid) == leader.pid
        return mine and process.create_time() >= leader.created - CREATED_TOLERANCE_SECONDS
    except (ProcessLookupError, PermissionError, psutil.Error):
        return False


def _is_zombie(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _end(processes: list[psutil.Process]) -> None:
    for process in processes:
        _try(process.terminate)
    _, stubborn = psutil.wait_procs(processes, POLITE_SECONDS)
    for process in stubborn:
        _try(process.kill)
    psutil.wait_procs(stubborn, POLITE_SECONDS)


def _try(action: Callable[[], None]) -> None:
    with suppress(psutil.NoSuchProcess):
        action()
