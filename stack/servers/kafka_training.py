"""One start of Kafka whose compiled classes are kept: later starts take a third of the time and half of the CPU."""

import subprocess
import tempfile
import time
from pathlib import Path

from stack.artifacts.cache import Advance
from stack.home import Home
from stack.ports import free_base, is_taken
from stack.servers.kafka import START_FILE, Kafka, start_folder
from stack.settings import PORTS_PER_INSTANCE

FIRST_PORT, LAST_PORT = 34000, 40000
START_SECONDS = 300.0
BYTES = 69_000_000


class Training:
    """The artifact that holds the classes; belongs to one set of archives and one Java, like its key."""

    title = "Apache Kafka's classes, compiled"
    bytes = BYTES

    @property
    def key(self) -> str:
        return start_folder().name

    def fetch(self, folder: Path, advance: Advance) -> None:
        """An empty folder is a good answer too: Kafka starts without, only slower."""
        with tempfile.TemporaryDirectory() as root:
            home = Home(Path(root), free_base(PORTS_PER_INSTANCE, FIRST_PORT, LAST_PORT), fast=True)
            _run_once(Kafka(home), folder / START_FILE)
        advance(BYTES)


def _run_once(kafka: Kafka, target: Path) -> None:
    kafka.prepare()
    java, *rest = kafka.command()
    with subprocess.Popen(
        [java, f"-XX:AOTCacheOutput={target}", *rest],
        env=kafka.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while not is_taken(kafka.home.port("kafka")) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(1)  # registering with its own controller belongs to a start
        process.terminate()
