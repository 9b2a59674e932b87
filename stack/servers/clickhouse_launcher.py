"""Runs ClickHouse's own HTTP and native listeners out of libchdb.so, as one supervised process.

usage: clickhouse_launcher.py LIBCHDB CONFIG_XML DATA_DIR HOST HTTP_PORT TCP_PORT [clickhouse-local options]

Ready when GET /ping answers; SIGTERM or SIGINT stops it cleanly (exit 0); kill -9 is safe. Runs as a bare script with
the standard library only, because it replaces its own environment before it loads the library.
"""

import ctypes
import os
import pty
import signal
import struct
import sys
import threading
from dataclasses import dataclass
from types import FrameType

KEPT_VARIABLES = ("PATH", "HOME", "TZ", "LANG")
CLEAN = "CH_CLEAN"
RTLD_DEEPBIND = 0x8
LEAVE_PROMPT_TRIES = 600

LANDLOCK_CREATE, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT = 444, 445, 446  # system calls, the same on every architecture
PR_SET_NO_NEW_PRIVS = 38
FILE_RIGHTS = 0b1000000000000111  # execute, write, read; and ioctl
READ_RIGHTS = 0b1101  # execute, read file, read folder
READABLE = (
    "/usr", "/lib", "/lib64", "/etc/localtime", "/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/proc/self",
    "/proc/meminfo", "/proc/cpuinfo", "/proc/stat", "/proc/sys/kernel", "/proc/sys/vm", "/sys", "/dev",
)  # fmt: skip


@dataclass(frozen=True)
class Options:
    """The command line, paths made absolute."""

    library: str
    config: str
    data: str
    host: str
    http_port: str
    tcp_port: str
    more: list[str]

    @classmethod
    def parse(cls, words: list[str]) -> "Options":
        library, config, data = (os.path.abspath(word) for word in words[:3])
        return cls(library, config, data, words[3], words[4], words[5], words[6:])


def clean_environment() -> None:
    """SQL can read /proc/self/environ, so no secret may be in it: start over with a few harmless variables."""
    if CLEAN not in os.environ:
        kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
        os.execve(sys.executable, [sys.executable, *sys.argv], {**kept, CLEAN: "1"})  # noqa: S606


def restrict_files(readable: list[str], writable: list[str]) -> None:
    """Kernel sandbox: the scalar SQL function file() needs no grant, so other paths must not exist for us."""
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(LANDLOCK_CREATE, None, 0, 1)
    if version < 1:
        print("warning: no Landlock here, file() is limited only by the permissions of this OS user", flush=True)
        return
    every = (1 << (13 if version < 2 else 14 if version < 3 else 15 if version < 5 else 16)) - 1
    ruleset = libc.syscall(LANDLOCK_CREATE, struct.pack("Q", every), 8, 0)
    for path in readable:
        _allow(libc, ruleset, path, every & READ_RIGHTS)
    for path in writable:
        _allow(libc, ruleset, path, every)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.syscall(LANDLOCK_RESTRICT, ruleset, 0):
        raise OSError(ctypes.get_errno(), "landlock_restrict_self")


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    if not os.path.exists(path):
        return
    if not os.path.isdir(path):
        rights &= FILE_RIGHTS | (1 << 14)
    descriptor = os.open(path, os.O_PATH)
    if libc.syscall(LANDLOCK_ADD_RULE, ruleset, 1, struct.pack("=Qi", rights, descriptor), 0):
        raise OSError(ctypes.get_errno(), f"landlock {path}")
    os.close(descriptor)


def listen_forever(gate: str) -> str:
    """One query that lasts: the listeners live as long as the SELECT waits for the end of the pipe."""
    wait = f"SELECT count() FROM file('{gate}', 'LineAsString', 'x String')"  # noqa: S608 - our own path
    settings = "SETTINGS storage_file_read_method='read', max_execution_time=0, log_queries=0 FORMAT Null"
    start, stop = ("; ".join(f"SYSTEM {verb} LISTEN {kind}" for kind in ("HTTP", "TCP")) for verb in ("START", "STOP"))
    return f"{start}; {wait} {settings}; {stop};"


def arguments(options: Options, gate: str) -> list[str]:
    """The words of `clickhouse local`. Interactive: otherwise one malformed connection aborts the whole process."""
    server = ["--config-file", options.config, "--path", options.data, "--listen_host", options.host]
    ports = ["--http_port", options.http_port, "--tcp_port", options.tcp_port]
    history = os.path.join(options.data, "tmp_history")
    terminal = ["--interactive", "--disable_suggestion", "--history_file", history, "--highlight", "0"]
    quiet = ["--progress", "off", "--progress-table", "off"]  # else it prints a megabyte a minute
    return ["clickhouse", *server, *ports, *options.more, *terminal, *quiet, "--query", listen_forever(gate)]


class Server:
    """The library's call in a thread, the pipe that keeps it alive, and the terminal that it believes it has."""

    def __init__(self, options: Options) -> None:
        self._gate = os.path.join(options.data, "run.fifo")
        self._words = arguments(options, self._gate)
        self._library = ctypes.CDLL(options.library, mode=os.RTLD_NOW | RTLD_DEEPBIND)
        self._library.chdb_set_signal_handlers_enabled(0)
        self._terminal = _terminal_as_stdin()  # now: the sandbox will not let /dev/ptmx be opened for writing
        self._stopping = threading.Event()
        self._asked = False
        self._outcome: list[bytes | None] = []

    def run(self) -> int:
        """Serve until a signal; returns the exit code."""
        if os.path.exists(self._gate):
            os.unlink(self._gate)
        os.mkfifo(self._gate, 0o600)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        hold = os.open(self._gate, os.O_RDWR)
        worker = threading.Thread(target=self._serve, daemon=True)
        worker.start()
        self._stopping.wait()
        os.close(hold)  # end of file: the SELECT ends, listeners stop, parts and logs are flushed
        for _ in range(LEAVE_PROMPT_TRIES):
            if not worker.is_alive():
                break
            os.write(self._terminal, b"\x04")  # Ctrl-D leaves the prompt
            worker.join(0.1)
        print("clickhouse stopped:", self._outcome or "gave up waiting", flush=True)
        return 0 if self._asked and self._outcome == [None] else 1

    def _serve(self) -> None:
        call, error = self._library.chdb_query_cmdline, self._library.chdb_result_error
        call.restype, call.argtypes = ctypes.c_void_p, [ctypes.c_int, ctypes.c_void_p]
        error.restype, error.argtypes = ctypes.c_char_p, [ctypes.c_void_p]
        words = (ctypes.c_char_p * (len(self._words) + 1))(*[word.encode() for word in self._words], None)
        result = call(len(self._words), words)  # returns when the SELECT on the pipe ends
        self._outcome.append(error(result) if result else b"could not start (see the log)")
        self._stopping.set()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._asked = True
        self._stopping.set()


def _terminal_as_stdin() -> int:
    master, slave = pty.openpty()
    os.dup2(slave, 0)
    os.close(slave)
    return master


def main() -> None:
    """Run the server until it is told to stop."""
    clean_environment()
    options = Options.parse(sys.argv[1:])
    os.makedirs(options.data, exist_ok=True)
    os.chdir(options.data)
    server = Server(options)
    readable = [*READABLE, os.path.dirname(options.config), options.library]
    restrict_files(readable, [options.data, "/dev/null"])
    os._exit(server.run())


if __name__ == "__main__":
    main()
