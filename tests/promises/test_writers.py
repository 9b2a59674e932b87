"""The outbox under many writers whose transactions end in any order: no row is missed, none comes twice (R-EVT-3)."""

import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

import psycopg

from api import ids
from streams.events import Envelope
from tests.api.relay import the_log
from tests.line import eventually
from tests.promises.conftest import LONG
from tests.promises.processes import Fleet

WRITERS = 32
COMMITS, CARTS, KILLS = (100_000, 400, 8) if LONG else (640, 9, 1)
DELAY_S, LATE_S = 0.02, 1.0
ONE_IN_LATE = 300
"""How many transactions stay open for up to a second, while the others around them commit."""


@dataclass
class Writers:
    """Threads that raise carts' versions, each in a transaction that ends when it likes."""

    dsn: str
    left: int
    carts: list[UUID] = field(default_factory=lambda: [ids.new() for _ in range(CARTS)])
    written: dict[UUID, list[UUID]] = field(default_factory=lambda: defaultdict(list))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self) -> None:
        """One thread's life; the carts' order is that of their locks."""
        with psycopg.connect(self.dsn) as connection:
            while self._one_more():
                cart = random.choice(self.carts)
                connection.execute("SELECT pg_advisory_xact_lock(%s)", [cart.int % 2**62])
                (event_id,) = the_log.write(connection, the_log.fact(cart, len(self.written[cart]) + 1))
                time.sleep(random.random() * (DELAY_S if random.randrange(ONE_IN_LATE) else LATE_S))
                self.written[cart].append(event_id)
                connection.commit()

    def fewer_than(self, commits: int) -> bool:
        """Whether fewer than that are left to be made."""
        return self.left < commits

    def _one_more(self) -> bool:
        with self.lock:
            self.left -= 1
            return self.left >= 0


def test_many_writers_lose_no_row_and_no_order(
    pg: str, env: dict[str, str], fleet: Fleet, db: psycopg.Connection[tuple[int]], told: Callable[[str], None]
) -> None:
    """R-EVT-3, R-EVT-4, R-NFR-7: ids are drawn before commit, commits come in any order, the relay is killed."""
    work = Writers(pg, COMMITS)
    writers = [threading.Thread(target=work.write) for _ in range(WRITERS)]
    fleet.start("relay")
    began = time.monotonic()
    for writer in writers:
        writer.start()
    for number in range(KILLS):
        eventually(partial(work.fewer_than, COMMITS * (KILLS - number) // (KILLS + 1)), within=600, every=0.01)
        fleet.kill("relay")
        fleet.start("relay")
    for writer in writers:
        writer.join()
    wrote = time.monotonic() - began
    eventually(lambda: db.execute("SELECT count(*) FROM outbox").fetchone() == (0,), within=120)
    emptied = time.monotonic() - began - wrote
    _compare(work, the_log.read(env["ATLANTIC_KAFKA_BOOTSTRAP"], env["ATLANTIC_TOPIC_PREFIX"] + "carts"))
    said = f"{COMMITS} commits of {WRITERS} writers in {wrote:.0f} s, {KILLS} kills of the relay"
    told(f"{said}; the outbox was empty {emptied:.1f} s later")


def _compare(work: Writers, log: dict[int, list[Envelope]]) -> None:
    found: dict[UUID, list[Envelope]] = defaultdict(list)
    for line in (line for lines in log.values() for line in lines if line.event == "cart.cleared"):
        found[line.aggregate_id].append(line)
    assert sum(map(len, work.written.values())) == COMMITS
    for cart, written in work.written.items():
        assert [line.event_id for line in found.pop(cart)] == written
    assert not found
