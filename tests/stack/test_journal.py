"""A part's log: one JSON object a line, and its last words in short."""

import json
from pathlib import Path

from stack.home import Home
from stack.journal import MOST_WORDS, Journal


def test_last_words_are_the_message_and_the_end_of_the_error(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    journal = Journal(Home(tmp_path, 23_000), "sink")
    journal.write(json.dumps({"message": "the sink stops", "exception": "Traceback\n  File x\nOSError: no room"}))
    assert journal.last_words == "the sink stops: OSError: no room"
    journal.write("plain " + "x" * 1_000)
    assert journal.last_words.startswith("plain x")
    assert len(journal.last_words) == MOST_WORDS
    journal.write("[1, 2]")
    assert journal.last_words == "[1, 2]"
    journal.close()
