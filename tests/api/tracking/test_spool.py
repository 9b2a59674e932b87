"""The spool keeps what was appended, in order, over crashes and torn writes."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.tracking.spool import Spool, SpoolFull

MESSAGES = st.lists(st.tuples(st.integers(0, 3), st.binary(min_size=1, max_size=50)), min_size=1, max_size=10)
LIMIT = 1_000_000


def waiting(spool: Spool) -> list[tuple[int, bytes]]:
    return [message for message, _ in spool.waiting()]


@given(st.lists(MESSAGES, min_size=1, max_size=5), st.integers(0, 5), st.binary(max_size=30))
def test_what_was_appended_is_there_after_a_crash(
    batches: list[list[tuple[int, bytes]]], delivered: int, torn: bytes
) -> None:
    """R-TRK-2: accepted means safe; a torn last write is no message."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "clicks"
        spool = Spool(path, LIMIT)
        for batch in batches:
            spool.append(batch)
        expected = [message for batch in batches for message in batch]
        for _, position in list(spool.waiting())[:delivered][-1:]:
            spool.delivered(position)
        left = expected[delivered:]
        spool.close()
        if left:
            with path.open("ab") as file:
                file.write(torn)
        again = Spool(path, LIMIT)
        assert waiting(again) == left
        again.append([(1, b"next")])
        assert waiting(again) == [*left, (1, b"next")]
        again.close()


def test_it_is_bounded_and_gives_its_room_back(tmp_path: Path) -> None:
    """R-TRK-2: beyond the bound 503."""
    spool = Spool(tmp_path / "clicks", 1000)
    spool.append([(0, b"x" * 900)])
    with pytest.raises(SpoolFull):
        spool.append([(0, b"y" * 100)])
    spool.delivered(list(spool.waiting())[-1][1])
    assert spool.size == 0
    spool.append([(0, b"y" * 900)])
    spool.close()


@settings(deadline=None)
@given(st.lists(st.tuples(MESSAGES, st.integers(0, 20), st.booleans()), min_size=10, max_size=60))
def test_what_is_delivered_gives_its_room_back_although_more_comes(
    steps: list[tuple[list[tuple[int, bytes]], int, bool]],
) -> None:
    """R-TRK-2: while it is never empty, the file keeps its bound and takes as much as half of it, over restarts too."""
    limit = 600
    with TemporaryDirectory() as folder:
        path = Path(folder) / "clicks"
        spool, expected = Spool(path, limit), list[tuple[int, bytes]]()
        for messages, delivered, crashed in steps:
            room = spool.size + sum(len(body) + 9 for _, body in messages) <= limit // 2 - 100
            try:
                spool.append(messages)
                expected += messages
            except SpoolFull:
                assert not room
            if (done := list(spool.waiting())[:delivered]) and delivered < len(expected):
                spool.delivered(done[-1][1])
                expected = expected[len(done) :]
            if crashed:
                spool.close()
                spool = Spool(path, limit)
            assert path.stat().st_size <= limit
            assert waiting(spool) == expected
        spool.close()


class Killed(BaseException):
    """The process ends here."""


def test_delivered_messages_behind_the_end_do_not_come_again(tmp_path: Path) -> None:
    """A kill while room is given back, before the file is cut: what was delivered stays delivered."""
    path = tmp_path / "clicks"
    spool = Spool(path, 1_000)
    for number in range(9):
        spool.append([(0, b"%d" % number * 91)])
    spool.delivered(list(spool.waiting())[6][1])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "ftruncate", raising)
        with pytest.raises(Killed):
            spool.append([(0, b"9" * 91)])
    spool.close()
    again = Spool(path, 1_000)
    assert [body[:1] for _, body in waiting(again)] == [b"7", b"8"]
    again.close()


def raising(*_: object) -> None:
    raise Killed
