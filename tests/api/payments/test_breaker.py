"""R-PAY-4: when a gateway is not asked any more, by a clock that the tests turn."""

import pytest

from api.breaker import Breaker, Limits


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(Limits(), clock)


def note(breaker: Breaker, *answered: bool) -> None:
    for one in answered:
        breaker.note(answered=one)


def test_five_failures_in_a_row_open_it(breaker: Breaker) -> None:
    """A success in between begins the count anew (R-PAY-4)."""
    note(breaker, *[False] * 4, True, *[False] * 4)
    assert not breaker.open
    note(breaker, False)
    assert (breaker.open, breaker.enter(), breaker.wait_s) == (True, False, 30)


def test_half_of_twenty_calls_in_half_a_minute_open_it(breaker: Breaker, clock: Clock) -> None:
    """Failures that do not follow one another open it too (R-PAY-4)."""
    for _ in range(9):
        note(breaker, True, False)
    note(breaker, True)
    assert not breaker.open
    note(breaker, False)
    assert breaker.open


def test_failures_that_are_older_do_not_count(breaker: Breaker, clock: Clock) -> None:
    """Only the last half minute counts (R-PAY-4)."""
    for _ in range(9):
        note(breaker, True, False)
    clock.now += 31
    note(breaker, True, False)
    assert not breaker.open


def test_one_trial_closes_or_opens_it_again(breaker: Breaker, clock: Clock) -> None:
    """After the rest one call goes through, and no other with it (R-PAY-4)."""
    note(breaker, *[False] * 5)
    clock.now += 30
    assert (breaker.enter(), breaker.enter()) == (True, False)
    note(breaker, False)
    breaker.leave()
    assert (breaker.enter(), breaker.wait_s) == (False, 30)
    clock.now += 30
    assert breaker.enter()
    note(breaker, True)
    breaker.leave()
    assert (breaker.open, breaker.enter(), breaker.enter()) == (False, True, True)


def test_a_trial_that_made_no_call_is_left_to_the_next(breaker: Breaker, clock: Clock) -> None:
    note(breaker, *[False] * 5)
    clock.now += 30
    assert breaker.enter()
    breaker.leave()
    assert breaker.enter()
