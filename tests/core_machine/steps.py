"""What every group of rules shares: the core, what can be seen of it, and calls that are counted by their answer."""

from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar
from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition

from tests.core_machine.calls import Answer, Call
from tests.core_machine.core import Core
from tests.core_machine.faults import Fault
from tests.core_machine.log import Log
from tests.core_machine.people import Person
from tests.core_machine.seen import Rows, Seen, look

PICK = st.integers(0, 5)
ONE_OF_THREE = st.integers(0, 2)
# A call passes four to twenty boundaries, a sweep that finds work more. So that each of them is met and few faults come
# to nothing, most faults are drawn from the first few, and the rest from ever more.
BOUNDARY = st.sampled_from([4, 4, 8, 16, 40]).flatmap(lambda most: st.integers(1, most))
FAULT = st.one_of(
    st.none(),
    st.none(),
    st.builds(Fault, at=BOUNDARY, crash=st.booleans(), repeated=st.booleans(), later=st.booleans()),
)
SHARE = st.sampled_from([None, None, 0.3, 0.5, 1.0])

answers: Counter[tuple[str, int]] = Counter()
RUN = ("run", 0)


class Steps(RuleBasedStateMachine):
    """A run of the core."""

    core: ClassVar[Core]

    def __init__(self) -> None:
        super().__init__()
        self.log = Log()
        self.seen: Seen = look(self.core.db)

    def call(self, who: Person | None, method: str, path: str, body: Any = None, fault: Fault | None = None) -> Answer:
        """A call of somebody's, with a key of its own."""
        call = Call(method, path, who and who.token, body, str(uuid4()))
        answer = self.core.call(call, fault)
        answers[call.name, answer.status] += 1
        return answer

    def look(self) -> None:
        """See what there is now."""
        self.seen = look(self.core.db)

    def buyer(self, row: dict[str, Any]) -> Person:
        """Whose order, payment or line it is."""
        order = self.order_of(row)
        return next(person for person in self.core.people.everybody if str(person.id) == order["user"])

    def order_of(self, row: dict[str, Any]) -> dict[str, Any]:
        """The order that a row belongs to."""
        return next(order for order in self.seen.orders if order["id"] == row.get("order", row["id"]))

    def seller(self, seller_id: str) -> Person:
        """The account of a seller."""
        return next(person for person in self.core.people.sellers if str(person.seller_id) == seller_id)

    def of(self, rows: Rows, order: dict[str, Any]) -> Rows:
        """The rows of an order."""
        return [row for row in rows if row["order"] == order["id"]]


def pick(rows: Rows, number: int) -> dict[str, Any]:
    """One of the rows, the newest for 0."""
    return rows[-1 - number % len(rows)]


def part(whole: int, share: float | None) -> int | None:
    """A share of an amount, at least 1; None for what the api takes when nothing is said."""
    return None if share is None else max(1, int(whole * share))


def some(name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A rule for when there is something of that name to be seen."""
    return precondition(lambda machine: bool(getattr(machine.seen, name)))
