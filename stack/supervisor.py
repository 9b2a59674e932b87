"""The supervisor: servers, then migrations, then our processes; all of them stopped in reverse order.

One supervisor a home, held by a lock. It starts everything itself and adopts nothing: what a killed supervisor left
behind is told to end by the kernel (see `stack.launch`), and the next start ends what is still there.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence

from filelock import FileLock, Timeout

from stack.environment import for_process
from stack.home import CHECKOUT, Home
from stack.journal import Journal
from stack.keeper import Keeper, StartError
from stack.leftovers import end_leftovers
from stack.part import Part
from stack.process import Process
from stack.processes import ALL, PROCESSES
from stack.servers import SERVERS
from stack.state import Process as Identity
from stack.state import State

SAVE_AGAIN_SECONDS = 2.0


class AlreadyRunningError(RuntimeError):
    """Another supervisor holds this home."""


class Supervisor:
    """Runs the parts named in `only` (all when empty; `servers` stands for the five servers)."""

    def __init__(self, home: Home, only: Sequence[str] = (), migrate: bool = True) -> None:
        self.home = home
        self._servers, self._processes = chosen(home, only)
        self._migrate = migrate and bool(self._servers)
        self._keepers: list[Keeper] = []
        self._stop = asyncio.Event()
        self._unsaved = False
        self.state = State(Identity.of(os.getpid()), home.port_base)

    async def run(self) -> int:
        """Start everything, keep it running until SIGTERM or SIGINT, stop everything. Returns the exit code."""
        try:
            with FileLock(self.home.root / "supervisor.lock", timeout=0):
                return await self._run()
        except Timeout:
            raise AlreadyRunningError(f"{self.home.root} is already running: see `atlantic status`") from None

    async def _run(self) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, self._stop.set)
        await asyncio.to_thread(end_leftovers, self.home)
        starting = asyncio.create_task(self._start())
        stopping = asyncio.create_task(self._stop.wait())
        saving = asyncio.create_task(self._save_again())
        try:
            await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
            return await self._outcome(starting, stopping)
        finally:
            for task in (starting, stopping, saving):
                task.cancel()
            await self._stop_all()

    async def _outcome(self, starting: "asyncio.Task[None]", stopping: "asyncio.Task[bool]") -> int:
        if not starting.done():
            return 1  # told to stop before everything was up
        if error := starting.exception():
            self._phase("failed", str(error))
            return 1
        self._phase("running")
        await stopping
        return 0

    async def _start(self) -> None:
        self._keepers = [Keeper(part, self._save) for part in (*self._servers, *self._processes)]
        self.state.parts = {keeper.part.name: keeper.state for keeper in self._keepers}
        self._save()
        servers, processes = self._keepers[: len(self._servers)], self._keepers[len(self._servers) :]
        await _all(servers)
        if self._migrate:
            await self._run_migrations()
        await _all(processes)

    async def _run_migrations(self) -> None:
        journal = Journal(self.home, "migrate")
        command = [sys.executable, "-m", "stack.migrate", *(part.name for part in self._servers)]
        process = await asyncio.create_subprocess_exec(
            *command, cwd=CHECKOUT, env=for_process(self.home), stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        try:
            output, _ = await process.communicate()
        except asyncio.CancelledError:
            process.terminate()
            raise
        for line in output.decode(errors="replace").splitlines():
            journal.write(line)
        journal.close()
        if process.returncode:
            raise StartError(f"migrate failed: {journal.last} (see `atlantic logs migrate`)")

    async def _stop_all(self) -> None:
        if self.state.phase != "failed":
            self._phase("stopping")
        servers = {part.name for part in self._servers}
        for group in (False, True):  # our processes first, so that they still find their servers
            keepers = [keeper for keeper in reversed(self._keepers) if (keeper.part.name in servers) is group]
            await asyncio.gather(*(keeper.stop() for keeper in keepers))
        if self.state.phase != "failed":
            self._phase("stopped")

    def _phase(self, phase: str, reason: str = "") -> None:
        self.state.phase, self.state.reason = phase, reason
        self._save()

    def _save(self) -> None:
        """A disk that is full for a while must not end what keeps the parts running; nor can it take a log line."""
        try:
            self.state.save(self.home)
            self._unsaved = False
        except OSError:
            self._unsaved = True

    async def _save_again(self) -> None:
        while True:
            await asyncio.sleep(SAVE_AGAIN_SECONDS)
            if self._unsaved:
                self._save()


async def _all(keepers: Sequence[Keeper]) -> None:
    """Start at once; every failure is named, not only the first."""
    results = await asyncio.gather(*(keeper.start() for keeper in keepers), return_exceptions=True)
    failures = [result for result in results if isinstance(result, BaseException)]
    for failure in failures:
        if not isinstance(failure, StartError):
            raise failure
    if failures:
        raise StartError("; ".join(map(str, failures)))


def chosen(home: Home, only: Sequence[str]) -> tuple[list[Part], list[Part]]:
    """The servers and the processes that the names stand for; raises ValueError for an unknown name."""
    known = {server.name for server in SERVERS} | set(ALL)
    names = {name for word in only or ("servers", *PROCESSES) for name in _expand(word)}
    if unknown := names - known:
        raise ValueError(f"unknown part {', '.join(sorted(unknown))}; known: servers, {', '.join(sorted(known))}")
    servers = [server(home) for server in SERVERS if server.name in names]
    return servers, [Process(home, name) for name in ALL if name in names]


def _expand(word: str) -> list[str]:
    return [server.name for server in SERVERS] if word == "servers" else [word]


def main() -> int:
    """`python -m stack.supervisor [--no-migrate] [PART ...]`: what `atlantic up --detach` and the tests start."""
    words = [word for word in sys.argv[1:] if word != "--no-migrate"]
    supervisor = Supervisor(Home.from_environment(), words, migrate="--no-migrate" not in sys.argv)
    return asyncio.run(supervisor.run())


if __name__ == "__main__":
    sys.exit(main())
