"""Whose turn it is."""

import time
from collections.abc import Awaitable, Callable

import httpx

from stack.simulator.errands import sellers, shoppers
from stack.simulator.errands.hands import Hands
from stack.simulator.people import RefusedError

Errand = Callable[[Hands], Awaitable[None]]
ERRANDS: tuple[Errand, ...] = (
    shoppers.forget_to_pay,  # first those whose end is minutes away
    shoppers.cancel_what_cannot_be_repaid,
    sellers.pay_a_seller,
    shoppers.think_again,
    shoppers.want_the_last,
    shoppers.leave_for_good,
    sellers.list_and_withdraw,
    sellers.tidy_up_categories,
    shoppers.fill_the_next_cart,
    shoppers.read_messages,
    sellers.be_warned_sooner,
    sellers.reword_the_coupon,
)


class Turns:
    """One errand every so many seconds; one that is refused is counted and comes again with the next round."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._at = time.monotonic() + every_s
        self._next = 0

    async def take(self, hands: Hands) -> None:
        """Run the next errand if its time has come."""
        if time.monotonic() < self._at:
            return
        self._at = float("inf")  # one at a time
        errand = ERRANDS[self._next % len(ERRANDS)]
        self._next += 1
        try:
            await errand(hands)
            hands.tally[f"errand: {errand.__name__}"] += 1
        except (RefusedError, httpx.HTTPError) as error:
            hands.tally[f"errand {errand.__name__} refused: {error or type(error).__name__}"] += 1
        finally:
            self._at = time.monotonic() + self._every_s
