"""Every event ever written can be read for ever (R-EVT-6, R-EVT-7)."""

import json

import pytest

from streams.events import EVENTS, Event
from streams.events.codec import decode_line, encode
from tests.contracts import golden

KINDS = sorted(EVENTS.values(), key=lambda event: (event.name, event.version))


@pytest.mark.parametrize("event", KINDS, ids=lambda event: f"{event.name}.v{event.version}")
def test_a_golden_line_decodes_and_encodes_to_itself(event: type[Event]) -> None:
    """A class without a golden line fails here: `python -m tests.contracts.golden` drafts it."""
    line = golden.line(event)
    envelope = decode_line(line)
    assert type(envelope.payload) is event
    assert json.loads(encode(envelope)) == json.loads(line)


@pytest.mark.parametrize("event", KINDS, ids=lambda event: f"{event.name}.v{event.version}")
def test_the_key_names_the_aggregate(event: type[Event]) -> None:
    """The payload field that `key` names is the envelope's aggregate_id (R-EVT-2)."""
    line = json.loads(golden.line(event))
    assert line["payload"][event.key] == line["aggregate_id"]


def test_no_golden_line_is_left_behind() -> None:
    """An event that is no longer in the vocabulary could no longer be replayed."""
    known = {golden.path(event).name for event in KINDS}
    assert {path.name for path in golden.FOLDER.glob("*.json")} == known
