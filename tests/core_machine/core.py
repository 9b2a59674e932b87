"""The real core in this process: api, reactions, sweeper and the test card network over one PostgreSQL database."""

import gc
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from logging import CRITICAL
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch
from uuid import uuid4

import psycopg
import structlog
import uvloop

from api import db, handlers, signatures
from api.errors import GatewayUnavailable
from api.main import create_app
from api.payments import card_network
from api.payments import service as payments
from api.reactor import handling
from api.reactor.handling import Handler
from api.settings import GatewaySettings, Settings
from api.sweeper import AT_ONCE, Sweeper
from streams.events import Envelope
from tests.core_machine import calls, clock, invariants, tables
from tests.core_machine.calls import Answer, Call, on_crash
from tests.core_machine.faults import Crash, Fault, Faults, Network
from tests.core_machine.people import gather

NOBODY_LISTENS = "127.0.0.1:9"
# One repeat at once, and a breaker that never rests: what breaks here breaks once.
GATEWAY: dict[str, Any] = {
    "gateway_call_s": 10, "gateway_repeats": 1, "gateway_repeat_s": 0.001,
    "breaker_failures": 10_000, "breaker_calls": 10_000,
}  # fmt: skip

T = TypeVar("T")


class Core:
    """One core for many runs; every method is one step of one of its processes."""

    def __init__(self, home: Path, admin: str) -> None:
        self.struck = False  # whether the last step met its fault
        self.met: Counter[tuple[str, bool]] = Counter()  # faults by step, and whether it met them
        self._loop = uvloop.new_event_loop()
        self._open = AsyncExitStack()
        self.settings = Settings(rate_limits=False, kafka_bootstrap=NOBODY_LISTENS, home=home,
                                 platform_currency="GBP", pool_size=4, **GATEWAY)  # fmt: skip
        self.app, self.faults = create_app(self.settings), Faults()
        self.db: psycopg.Connection[Any] = psycopg.connect(admin, autocommit=True)
        self._loop.run_until_complete(self._start())
        tables.prepare(self.db)
        invariants.prepare(self.db)
        self.people = gather(self.db, self.settings)

    async def _start(self) -> None:
        await self._open.enter_async_context(self.app.router.lifespan_context(self.app))
        outside = db.engine(self.settings.postgres_dsn, size=2)
        self._open.push_async_callback(outside.dispose)
        self.network = payments.CardNetwork(outside, self.settings.webhook_secret)
        await self.network.challenge("none")
        self.faults.watch(self.app.state.pool)
        told = GatewaySettings(**GATEWAY)
        self.gateway = payments.Guard(Network(self.network, self.faults), told)
        self.gateways = payments.Gateways({self.gateway.name: self.gateway}, self.network)
        self.app.state.gateways = self.gateways
        self._handler = Handler(self.app.state.pool, self.gateways)

    def close(self) -> None:
        """End it."""
        self._loop.run_until_complete(self._open.aclose())
        self._loop.close()
        self.db.close()

    def begin(self, *, capture: str) -> None:
        """A new run: no orders, full shelves; `capture` says when cards are charged."""
        tables.clear(self.db, self.people.products)
        self.app.state.settings = self.settings.model_copy(update={"capture": capture})

    def call(self, call: Call, fault: Fault | None = None) -> Answer:
        """What the api answers; status 0 when it ended before. A call that broke is made again if the fault says so."""
        keyed = call._replace(key=call.key or str(uuid4()))
        answer = self._under(call.name, fault, lambda: calls.make(self.app, keyed)) or Answer(0)
        assert answer.status < 500 or self.struck, f"{call.method} {call.path} {call.body}: {answer}"
        return answer

    def handle(self, fact: Envelope, fault: Fault | None = None) -> bool:
        """Have the reactor handle a fact; False when it ended before it was done."""
        return bool(self._under(fact.event, fault, lambda: _true(self._handler.handle(fact))))

    def sweep(self, fault: Fault | None = None) -> int:
        """Have the sweeper do once what is due; how much there was."""
        return self._under("sweep", fault, self._sweep) or 0

    async def _sweep(self) -> int:
        found = 0
        for step in Sweeper(self.app.state.pool, self.gateways).steps():
            for key in await step.due(AT_ONCE):
                with suppress(GatewayUnavailable):
                    await step.settle(key)
                found += 1
        return found

    def _under(self, name: str, fault: Fault | None, step: Callable[[], Coroutine[Any, Any, T]]) -> T | None:
        """Run a step with a fault; whatever it raises by itself is a finding."""
        self.faults.plan(fault)
        result = None
        try:
            result = self._loop.run_until_complete(step())
        except Crash:
            pass
        except Exception:  # what a fault raises depends on where it struck; without one it is a finding
            if not self.faults.struck:
                raise
        self.struck = self.faults.lift()
        if fault:
            self.met[name, self.struck] += 1
        if not self.struck:
            return result
        self.app.state.running.clear()
        if fault and fault.later:
            clock.pass_by(self.db, timedelta(minutes=2))
        return self._loop.run_until_complete(step()) if fault and fault.repeated else None

    def post(self, *, backwards: bool = False, taken: bool = True, fault: Fault | None = None) -> None:
        """What the card network posts now; those that are not `taken` it posts again."""
        due = self.run(self.network.due_webhooks())
        for headers, body in reversed(due) if backwards else due:
            self.call(Call("POST", "/payments/webhook", body=body, headers=tuple(headers.items())), fault)
            if taken:
                self.run(self.network.delivered(headers["webhook-id"]))

    def challenges(self) -> list[str]:
        """What shoppers were asked at their banks, the newest last."""
        asked = "SELECT challenge FROM card_network.operations WHERE challenge IS NOT NULL ORDER BY idempotency_ref"
        return [row[0] for row in self.db.execute(asked).fetchall()]

    def notice(self, idempotency_ref: str) -> Call:
        """A webhook of the network about an operation, whether or not it has changed."""
        body = b'{"idempotency_ref":"%s"}' % idempotency_ref.encode()
        signed = signatures.sign(self.settings.webhook_secret, f"evt_{uuid4()}", body)
        return Call("POST", "/payments/webhook", body=body, headers=tuple(signed.items()))

    def compared(self) -> list[payments.Difference]:
        """Where the card network's list is not ours."""
        ever = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
        return self.run(payments.compare(self.app.state.pool, self.gateway, *ever))

    def run(self, job: Coroutine[Any, Any, T]) -> T:
        """What somebody else's process does."""
        return self._loop.run_until_complete(job)


async def _true(job: Awaitable[object]) -> bool:
    await job
    return True


@contextmanager
def running(home: Path, admin: str) -> Iterator[Core]:
    """A core whose reactor does not wait before it tries again, before a network whose late answers wait to be due.

    `admin` is a superuser's address of the same database.
    """
    loud = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(CRITICAL))
    with (
        patch.object(handling, "FIRST_WAIT_S", 0.0001),
        patch.object(handlers, "on_crash", on_crash),
        patch.object(card_network, "LATE", timedelta(hours=1)),
    ):
        core = Core(home, admin)
        gc.freeze()  # what is there for good is not gone through again and again
        try:
            yield core
        finally:
            gc.unfreeze()
            core.close()
            structlog.configure(**loud)
