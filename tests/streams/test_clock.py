"""Event time: when timers may fire."""

from datetime import timedelta

from streams.clock import ALIVE, SLACK, Clock
from streams.events.partitions import PARTITIONS
from tests.streams.facts import START


def S(seconds: float) -> timedelta:  # noqa: N802 - a unit
    """So many seconds."""
    return timedelta(seconds=seconds)


class Scene:
    """A clock over one topic, whose wall and whose unread messages the test sets."""

    def __init__(self) -> None:
        self.wall = START
        self.behind = False
        self.clock = Clock(lambda _topic, _partition: self.behind, lambda: self.wall)

    def mark(self, *seconds: float) -> None:
        """Marks on every partition, so many seconds after the start."""
        for after in seconds:
            for partition in range(PARTITIONS):
                self.clock.read("carts", partition, START + S(after))
                self.clock.marked("carts", partition, START + S(after))

    def now(self, wall: float) -> float | None:
        """Event time in seconds after the start, at that moment of the wall."""
        self.wall = START + S(wall)
        found = self.clock.now(["carts"])
        return None if found is None else round((found - START + SLACK).total_seconds(), 3)


def test_a_quiet_log_is_complete_up_to_now() -> None:
    """R-CRT-3: a timer fires although no event comes; the wall moves it, the marks allow it."""
    scene = Scene()
    scene.mark(0, 5, 10)
    assert [scene.now(wall) for wall in (11, 12.5, 10 + ALIVE.total_seconds())] == [11, 12.5, 17]


def test_a_relay_that_stands_still_stops_it() -> None:
    """R-MOON-7: what it holds back may be the change that keeps a timer from firing."""
    scene = Scene()
    scene.mark(0, 5, 10)
    assert scene.now(18) == 10
    scene.mark(60, 65)
    assert scene.now(66) == 10
    scene.mark(70)
    assert scene.now(71) == 71


def test_a_log_that_is_caught_up_with_is_complete_up_to_its_last_message() -> None:
    """R-MOON-7: what stands behind it is not read yet."""
    scene = Scene()
    scene.behind = True
    scene.mark(0, 5, 10)
    assert scene.now(3_600) == 10
    scene.behind = False
    scene.mark(3_600, 3_605)
    assert scene.now(3_606) == 10


def test_before_every_partition_was_heard_of_nothing_is_known() -> None:
    """R-MOON-7: a start waits for marks."""
    scene = Scene()
    assert scene.now(0) is None
    for after in (0, 5, 10):
        scene.clock.marked("carts", 0, START + S(after))
    assert scene.now(11) is None


def test_a_start_goes_on_from_the_marks_of_the_last_one() -> None:
    """R-CRT-3: a restart does not make timers wait for ten seconds of marks again."""
    scene = Scene()
    for partition in range(PARTITIONS):
        scene.clock.marked("carts", partition, START + S(5), START)
    assert scene.now(6) == 6
