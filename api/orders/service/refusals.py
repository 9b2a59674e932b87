"""A refused checkout is told of: its facts, the cart's version and the answer of its key by one statement (R-EVT-5)."""

from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from api import outbox
from api.errors import InsufficientStock
from api.inventory import service as inventory
from api.orders import statements
from api.outbox import Fact
from api.problems import Problem
from streams.events.carts import CheckoutRejected


def told(problem: Problem, cart: Row[Any]) -> Problem:
    """The problem, with the facts of the refusal, which are written once it is answered.

    They raise the cart's version: the shopper who agrees to what is told now needs to know to which.
    """

    async def note(conn: AsyncConnection, answer: Mapping[str, object] | None) -> bool:
        told = outbox.rows(_facts(problem, cart))
        told["lines"][0], behind = outbox.around(cast(bytes, told["lines"][0]), outbox.SEQ)
        values = {"cart_id": cart.cart_id, "behind_seq": behind, **told, **(answer or {})}
        statement = statements.REFUSED_ONCE if answer else statements.REFUSED
        return bool(await conn.scalar(statement, values))

    problem.extra["cart_version"] = cart.cart_version + 1
    return problem.note(note)


def _facts(problem: Problem, cart: Row[Any]) -> list[Fact]:
    """The cart's fact first; what others do to the cart meanwhile raises its version too."""
    short = tuple(problem.shortages) if isinstance(problem, InsufficientStock) else ()
    rejected = CheckoutRejected(cart_id=cart.cart_id, reason=problem.slug, items=short)
    facts = [Fact(rejected, seq=outbox.UNKNOWN)]
    if isinstance(problem, InsufficientStock):
        facts.append(inventory.refused(problem, cart_id=cart.cart_id))
    return facts
