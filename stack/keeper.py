"""Keeps one part running: start, wait until ready, restart with back-off, stop with its whole process group."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable

import psutil

from stack import launch
from stack.journal import Journal
from stack.part import NotReadyError, Part
from stack.ports import PortTakenError, require_free
from stack.state import PartState, Process

FIRST_DELAY = 0.2
LONGEST_DELAY = 10.0
HEALTHY_SECONDS = 30.0
POLL_SECONDS = 0.1
WATCH_SECONDS = 10.0
STUCK_SECONDS = 120.0
PORT_WAIT_SECONDS = 3.0
KILLED_SECONDS = 5.0
CANCEL_AGAIN_SECONDS = 1.0
LINE_LIMIT = 1 << 20


class StartError(RuntimeError):
    """A part did not become ready; the message names it and says why."""


class Keeper:
    """One part, its process and its state. `on_change` is called after every change of state."""

    def __init__(self, part: Part, on_change: Callable[[], None]) -> None:
        self.part = part
        self.state = PartState(ports=[part.home.port(name) for name in part.ports])
        self._on_change = on_change
        self._journal = Journal(part.home, part.name)
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._guards: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Start and wait until ready; raises StartError. From then on the part is restarted when it ends."""
        self._change("starting")
        try:
            await self._spawn()
            await self._wait_ready()
        except (NotReadyError, PortTakenError, RuntimeError, OSError) as error:
            await self._end_process()
            self._change("failed", str(error))
            raise StartError(f"{self.part.name} did not start: {error}") from error
        self._guards = [asyncio.create_task(self._keep()), asyncio.create_task(self._watch())]

    async def stop(self) -> None:
        """Ask the process to end, then end its group; returns when nothing of it is left."""
        await _cancelled(self._guards)
        await self._end_process()
        if self.state.state != "failed":
            self._change("stopped")
        self._journal.close()

    async def _spawn(self) -> None:
        part = self.part
        await asyncio.to_thread(part.prepare)
        await self._wait_for_ports()
        reading, writing = os.pipe()  # with a pipe of asyncio's a child counts as alive until its children end too
        tie = [str(os.getpid()), str(int(part.stop_signal)), "drop" if part.refuses_root else "keep"]
        self._reader = asyncio.create_task(self._read(reading))
        try:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-I", "-S", launch.__file__, *tie, *part.command(), env=part.environment(),
                cwd=part.folder(), stdin=subprocess.DEVNULL, stdout=writing, stderr=writing, start_new_session=True,
            )  # fmt: skip
        finally:
            os.close(writing)
        try:
            self.state.process = Process.of(self._process.pid)
        except psutil.NoSuchProcess as error:
            raise NotReadyError(f"it ended: {await self._last_words()}") from error
        self._journal.note("started", pid=self._process.pid)
        self._on_change()

    async def _wait_for_ports(self) -> None:
        """After a crash the old process may hold its port for a moment longer."""
        deadline = time.monotonic() + PORT_WAIT_SECONDS
        while True:
            try:
                return require_free(self.part.home, self.part.ports)
            except PortTakenError:
                if time.monotonic() > deadline or not self.state.restarts:
                    raise
                await asyncio.sleep(POLL_SECONDS)

    async def _wait_ready(self) -> None:
        deadline = time.monotonic() + self.part.ready_seconds
        await self._poll(deadline)
        await self.part.settle()
        await self._poll(deadline)
        self._journal.note("healthy")
        self._change("healthy")

    async def _poll(self, deadline: float) -> None:
        while True:
            try:
                return await self.part.ready()
            except NotReadyError as error:
                if self._process is None or self._process.returncode is not None:
                    raise NotReadyError(f"it ended: {await self._last_words()}") from error
                if time.monotonic() > deadline:
                    raise NotReadyError(f"not ready after {self.part.ready_seconds:.0f} s: {error}") from error
                await asyncio.sleep(POLL_SECONDS)

    async def _last_words(self) -> str:
        if self._reader:
            await asyncio.wait([self._reader], timeout=1)
        code = self._process.returncode if self._process else "?"
        words = self._journal.last_words or "none"
        return f"exit code {code}, last words: {words} (see `atlantic logs {self.part.name}`)"

    async def _keep(self) -> None:
        """Restart for ever: 0.2 s doubling to 10 s between tries, from the start again after 30 healthy seconds."""
        delay = FIRST_DELAY
        while self._process is not None:
            began = time.monotonic()
            await self._process.wait()
            _signal_group(self._process.pid, signal.SIGKILL)  # at once: later the number may be somebody else's
            if time.monotonic() - began > HEALTHY_SECONDS:
                delay = FIRST_DELAY
            self.state.restarts += 1
            reason = await self._last_words()
            self._journal.note("ended", reason=reason, restart_in=delay)
            self._change("restarting", reason)
            await asyncio.sleep(delay)
            delay = min(delay * 2, LONGEST_DELAY)
            await self._restart()

    async def _watch(self) -> None:
        """A part that is not ready is named; after two minutes without any answer it is started again."""
        silent_since: float | None = None
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            if self.state.state not in {"healthy", "unhealthy"}:
                silent_since = None
                continue
            reason = await _complaint(self.part.ready)
            silent = bool(reason) and bool(await _complaint(self.part.alive))
            silent_since = (silent_since or time.monotonic()) if silent else None
            self._note_health(reason)
            if silent_since and time.monotonic() - silent_since > STUCK_SECONDS:
                self._journal.note("stuck, starting it again", reason=reason)
                await self._end_process()  # `_keep` starts the next one
                silent_since = None

    def _note_health(self, reason: str) -> None:
        state = "unhealthy" if reason else "healthy"
        if self.state.state in {"healthy", "unhealthy"} and self.state.state != state:
            self._journal.note(state, reason=reason)
            self._change(state, reason)

    async def _restart(self) -> None:
        try:
            await self._spawn()
            await self._wait_ready()
        except (NotReadyError, PortTakenError, RuntimeError, OSError) as error:
            self._journal.note("not ready", reason=str(error))
            if isinstance(error, NotReadyError) and not await _complaint(self.part.alive):
                self._change("unhealthy", str(error))  # it waits for another part: starting again would not help
                return
            self._change("restarting", str(error))
            await self._end_process()

    async def _end_process(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        family = _descendants(process.pid)
        _signal_group(process.pid, self.part.stop_signal)
        try:
            await asyncio.wait_for(process.wait(), self.part.stop_seconds)
        except TimeoutError:
            self._journal.note("did not stop in time, killing it")
        _signal_group(process.pid, signal.SIGKILL)
        await process.wait()
        await asyncio.to_thread(_kill, family)
        if self._reader:
            await asyncio.wait([self._reader], timeout=1)

    async def _read(self, descriptor: int) -> None:
        lines = asyncio.StreamReader(LINE_LIMIT)
        pipe, loop = os.fdopen(descriptor, "rb", 0), asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), pipe)
        with contextlib.closing(transport):
            while True:
                try:
                    line = await lines.readline()
                except ValueError:  # a line over the limit: skip it, keep reading
                    continue
                if not line:
                    return
                self._journal.write(line.decode(errors="replace"))

    def _change(self, state: str, reason: str = "") -> None:
        self.state.change(state, reason)
        self._on_change()


def _signal_group(pid: int, number: signal.Signals) -> None:
    """The child leads a session of its own, so its group is itself and what it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


async def _cancelled(tasks: list[asyncio.Task[None]]) -> None:
    """Until they have ended: a client that waits for an answer at that moment may swallow a cancellation."""
    while left := [task for task in tasks if not task.done()]:
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=CANCEL_AGAIN_SECONDS)


async def _complaint(ask: Callable[[], Awaitable[None]]) -> str:
    try:
        await ask()
    except NotReadyError as error:
        return str(error) or "does not answer"
    return ""


def _descendants(pid: int) -> list[psutil.Process]:
    """PostgreSQL's processes lead sessions of their own: frozen ones would outlive their group, and hold its data."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return list(psutil.Process(pid).children(recursive=True))
    return []


def _kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, KILLED_SECONDS)
