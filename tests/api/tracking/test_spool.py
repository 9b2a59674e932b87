"""The spool keeps what was appended, in order, over crashes and torn writes."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
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
