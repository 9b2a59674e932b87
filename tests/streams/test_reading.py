"""Reading messages: bad lines are named and take nobody with them, gaps are noticed, the contract is true."""

from datetime import timedelta
from functools import reduce
from itertools import permutations
from pathlib import Path
from uuid import UUID

import pytest
from msgspec.structs import replace

from streams import asyncapi
from streams.contiguous import Contiguous, GapError
from streams.events.codec import Undecodable, encode
from streams.events.dead_letters import DeadLetter, decode_letters, encode_letters, letter_messages, together
from streams.reading import Place, letter, read_message
from streams.reducers import WANTED, Reducers
from streams.windows import DAY_S, HOUR_S, is_final, label, start_of, start_of_label
from tests.streams.facts import START, mark, moved, view

ROOT = Path(__file__).parents[2]


def test_one_bad_line_takes_nobody_with_it() -> None:
    """R-EVT-10: malformed, unknown name, unknown version, wrong type; the others of the message are read."""
    good = encode(moved(UUID(int=4), 1, 7))
    bad = [
        b"{not json", good.replace(b"stock.moved", b"stock.vanished"), good.replace(b'"version":1', b'"version":99'),
        good.replace(b'"on_hand_after":7', b'"on_hand_after":"seven"'), b"\\xff\\xfe",
    ]  # fmt: skip
    found = dict(read_message(b"\n".join([bad[0], good, *bad[1:], good]), WANTED))
    assert [number for number, line in found.items() if not isinstance(line, Undecodable)] == [1, 6]
    reasons = [line.reason for line in found.values() if isinstance(line, Undecodable)]
    assert "stock.vanished" in reasons[1]
    assert "99" in reasons[2]
    assert "on_hand_after" in reasons[3]


def test_events_of_no_interest_are_not_opened() -> None:
    """Their payload is the business of others; their names must be known."""
    line = encode(view(UUID(int=1))).replace(b'"session_id":', b'"no_such_field":')
    assert list(read_message(line, frozenset())) == []


def test_a_letter_says_where_and_why() -> None:
    """R-EVT-10."""
    made = letter(Place("orders", 2, 41, 3), Undecodable(b"\xffx", 3, "undecodable: bad"))
    assert made.id == "orders-2-41-3"
    assert made.line == "\\xffx"
    assert list(decode_letters(encode_letters([made, made]))) == [made, made]


def test_the_letter_of_a_long_line_is_short() -> None:
    """A letter is a message itself, and the line stands in the log."""
    made = letter(Place("orders", 2, 41, 3), Undecodable(b"\0" * 5_000_000, 3, "unknown event " + "x" * 5_000_000))
    assert made.line.endswith("(5,000,000 bytes)")
    messages = list(letter_messages([made] * 50))
    assert len(messages) > 1
    assert max(map(len, messages)) < 1_000_000
    assert sum(len(list(decode_letters(body))) for body in messages) == 50


def test_a_replay_is_taken_once_and_only_by_who_set_the_line_aside() -> None:
    """A replayed fact is not counted twice, also when the replay is read again after a crash."""
    reducers = Reducers()
    first, second = Place("ledger", 0, 8, 0), Place("ledger", 0, 9, 0)
    assert not reducers.take_replay("ledger-0-1-0", first)
    reducers.put_aside("ledger-0-1-0", 0)
    assert reducers.take_replay("ledger-0-1-0", first)
    assert reducers.take_replay("ledger-0-1-0", first)
    assert not reducers.take_replay("ledger-0-1-0", second)


def test_a_gap_is_an_error() -> None:
    """Fact and click topics have no gaps; what comes again after a restart or a rebalance is no gap."""
    offsets = Contiguous(lambda place: 5)
    assert offsets.is_due(("orders", 0), 5)
    assert offsets.is_due(("orders", 0), 6)
    assert not offsets.is_due(("orders", 0), 5)
    with pytest.raises(GapError, match=r"orders\[0\]: offset 8 came, 7 was due"):
        offsets.is_due(("orders", 0), 8)
    assert offsets.is_due(("orders", 0), 7)
    offsets.forget()
    assert offsets.is_due(("orders", 0), 4)
    assert offsets.is_due(("orders", 0), 5)
    offsets.forget()
    with pytest.raises(GapError, match="offset 6 came, 5 was due"):
        offsets.is_due(("orders", 0), 6)


def test_windows() -> None:
    """R-ANA-4, R-ANA-7."""
    start = start_of(START + timedelta(minutes=59), HOUR_S)
    assert label(start, HOUR_S) == "2026-11-21T08:00Z"
    assert start_of_label("2026-11-21T08:00Z") == start
    assert start_of_label("2026-11-21") == start_of(START, DAY_S)
    assert not is_final(start, HOUR_S, START + timedelta(minutes=60))
    assert is_final(start, HOUR_S, START + timedelta(minutes=61))


def test_marks_give_the_cut_of_the_slowest_partition() -> None:
    """Complete up to X only where every partition has passed X."""
    reducers = Reducers()
    for partition, complete_to in enumerate((7, 9, 8)):
        reducers.apply(mark(complete_to), Place("ledger", partition, 0, 0))
    assert reducers.progress.cut("ledger") is None
    reducers.apply(mark(5), Place("ledger", 3, 0, 0))
    cut = reducers.progress.cut("ledger")
    assert cut is not None
    assert cut.complete_to == 5


def test_the_contract_is_true() -> None:
    """asyncapi.yaml says what the classes say: atlantic asyncapi > asyncapi.yaml."""
    assert (ROOT / "asyncapi.yaml").read_text(encoding="utf-8") == asyncapi.text()


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_letters_of_one_line_add_up_in_any_order(order: tuple[int, ...]) -> None:
    """They stand in several partitions, which are read as they come."""
    failed = DeadLetter(reason="failed", topic="tracking", partition=3, offset=1, consumer="sink")
    letters = [failed, failed, failed, replace(failed, attempts=3, replayed_as="tracking-3-9")]
    found = reduce(together, [letters[at] for at in order])
    assert (found.attempts, found.replayed_as) == (3, "tracking-3-9")
    assert reduce(together, letters[:3]).attempts == 3
