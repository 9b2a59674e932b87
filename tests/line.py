"""A whole Atlantic instance for a test: started and asked through the `atlantic` command, as a person would."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import httpx2
from clickhouse_connect.driver.exceptions import ClickHouseError
from pydantic import SecretStr

from clickhouse import client
from clickhouse.settings import ClickHouseSettings
from stack.environment import settings
from stack.home import Home
from stack.state import PartState, load
from tests import ports
from tests.shop import leave, operator

T = TypeVar("T")


def eventually(look: Callable[[], T], *, within: float = 30, every: float = 0.2) -> T:
    """What `look` gives once it is true; its last answer is shown when the time runs out."""
    deadline = time.monotonic() + within
    while not (answer := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within} s; last answer: {answer!r}")
        time.sleep(every)
    return answer


@dataclass(frozen=True)
class Line:
    """A running instance: its folder and ports, and the command that speaks to it."""

    home: Path
    port_base: int

    @property
    def api(self) -> str:
        """Address of the API."""
        return f"http://127.0.0.1:{self.port_base}"

    @property
    def environment(self) -> dict[str, str]:
        """What a person would export to speak to this instance."""
        return {
            **{k: v for k, v in os.environ.items() if not k.startswith("ATLANTIC_")},
            "ATLANTIC_HOME": str(self.home),
            "ATLANTIC_PORT_BASE": str(self.port_base),
        }

    def run(self, *words: str, timeout: float = 180) -> subprocess.CompletedProcess[str]:
        """`atlantic WORDS...`, finished; the caller looks at its exit code."""
        command = [str(Path(sys.executable).parent / "atlantic"), *words]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=timeout, check=False
        )

    def ask(self, *words: str, timeout: float = 180) -> Any:
        """The JSON answer of a command that must succeed."""
        done = self.run(*words, "--json", timeout=timeout)
        assert done.returncode == 0, f"atlantic {' '.join(words)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return json.loads(done.stdout)

    def sql(self, query: str) -> list[list[str]]:
        """Rows of a query of the data team, as text; as `atlantic sql` asks it, without a process for each look."""
        told = settings(Home(self.home, self.port_base))
        role = ClickHouseSettings(
            url=told["ATLANTIC_CLICKHOUSE_URL"],
            data_password=SecretStr(told["ATLANTIC_CLICKHOUSE_DATA_PASSWORD"]),
        )
        try:
            with client.data_ro(role) as warehouse:
                answer = warehouse.raw_query(query, fmt="TSV").decode()
        except ClickHouseError as error:
            raise AssertionError(str(error)) from error
        return [line.split("\t") for line in answer.splitlines()]

    def staff(self) -> httpx2.Client:
        """An operator and admin of this instance, signed in; the first one also makes the category of the tests."""
        person = self.ask("operator", f"{uuid4()}@example.com")
        client = operator(self.api, person["email"], person["password"])
        if not client.get("/categories").raise_for_status().json()["items"]:
            client.post("/categories", json={"name": "Kitchen"}).raise_for_status()
        return client

    def parts(self) -> dict[str, PartState]:
        """Every part as its supervisor sees it."""
        state = load(Home(self.home))
        return state.parts if state else {}


@contextmanager
def running(home: Path) -> Iterator[Line]:
    """An instance that is up for the time of the block, and gone afterwards."""
    line = Line(home, ports.free())
    done = line.run("up", "--detach", timeout=240)
    try:
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        yield line
    finally:
        leave()
        line.run("down")
