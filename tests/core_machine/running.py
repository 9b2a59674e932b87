"""Rules of what runs by itself: time, sweeper, reactor with repeats, webhooks of the card network."""

import sys
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from tests.core_machine import clock, endings, invariants
from tests.core_machine.faults import Fault
from tests.core_machine.steps import FAULT, PICK, RUN, Steps, answers, pick, some

SPANS = [timedelta(seconds=3), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=16), timedelta(hours=2)]
LONG, AGES = timedelta(hours=2), timedelta(days=31)
MOST_ROUNDS = 40


class Running(Steps):
    """What nobody asks for."""

    @initialize(capture=st.sampled_from(["at_confirm", "at_confirm", "at_pick_up"]))
    def begins(self, capture: str) -> None:
        """An empty shop, with cards charged when they are confirmed or when a parcel leaves."""
        answers[RUN] += 1
        self.core.begin(capture=capture)

    @invariant()
    def holds_true(self) -> None:
        """After every step."""
        self.log.take(self.core.db)
        invariants.check(self.core.db)
        self.look()

    @rule(span=st.sampled_from([*SPANS, AGES]))
    def time_passes(self, span: timedelta) -> None:
        """Due times come nearer."""
        clock.pass_by(self.core.db, span)

    @rule(fault=FAULT)
    def sweeps(self, fault: Fault | None) -> None:
        """What is due is done once."""
        self.core.sweep(fault)

    @rule(numbers=st.lists(PICK, min_size=1, max_size=6), again=st.integers(0, 3), fault=FAULT)
    def reacts(self, numbers: list[int], again: int, fault: Fault | None) -> None:
        """Some facts, each the next of its aggregate; the last ones of an aggregate again."""
        for number in numbers:
            places = self.log.waiting()
            if not places:
                return
            place = places[number % len(places)]
            if self.core.handle(self.log.next(place), fault):
                self.log.done(place)
                for fact in self.log.last(place, again):
                    self.core.handle(fact)
            self.log.take(self.core.db)

    @rule()
    def reacts_to_all(self) -> None:
        """Until nothing follows."""
        self.react()

    def react(self) -> int:
        """Handle everything that was told, and what follows; how many facts there were."""
        handled = 0
        self.log.take(self.core.db)
        while places := self.log.waiting():
            for place in places:
                assert self.core.handle(self.log.next(place))
                self.log.done(place)
                handled += 1
            self.log.take(self.core.db)
        return handled

    @rule(number=PICK, count=st.integers(1, 5))
    def repeats(self, number: int, count: int) -> None:
        """A reactor that was killed reads again what it had handled."""
        places = self.log.handled()
        if places:
            for fact in self.log.last(places[number % len(places)], count):
                assert self.core.handle(fact)

    @some("operations")
    @rule(number=PICK, fault=FAULT)
    def network_tells(self, number: int, fault: Fault | None) -> None:
        """About any operation: too early, in time, or again."""
        self.core.call(self.core.notice(pick(self.seen.operations, number)["ref"]), fault)

    @rule(backwards=st.booleans(), taken=st.booleans(), fault=FAULT)
    def network_posts(self, backwards: bool, taken: bool, fault: Fault | None) -> None:
        """Late results, in any order; what was not heard comes again."""
        self.core.post(backwards=backwards, taken=taken, fault=fault)

    @rule(number=PICK, approved=st.sampled_from([True, True, False]))
    def answers_bank(self, number: int, approved: bool) -> None:
        """A shopper whose card asks for it confirms or refuses at the bank, or does so again."""
        asked = self.core.challenges()
        if asked:
            answer = self.core.network.answer_challenge(asked[-1 - number % len(asked)], approved=approved)
            self.core.run(answer)

    def teardown(self) -> None:
        """Everything comes to rest, and adds up."""
        if sys.exc_info()[0] is not None:
            return
        self.rest()
        endings.check(self.core.db, self.core)

    def rest(self) -> None:
        """Hours pass, until reactor, sweeper and network have nothing to do any more."""
        for _ in range(MOST_ROUNDS):
            self.core.post()
            done = self.react() + self.core.sweep()
            self.holds_true()
            clock.pass_by(self.core.db, LONG)
            if not done and not self.core.sweep():
                self.react()
                return
        raise AssertionError("it does not come to rest")
