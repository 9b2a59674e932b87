"""The contract of the log as an AsyncAPI document, made of the event classes (asyncapi.yaml is its checked-in form)."""

from io import StringIO
from typing import Any

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import LiteralScalarString

from streams.events import EVENTS, Envelope, Event
from streams.events.dead_letters import DeadLetter
from streams.events.registry import CLICK_TOPIC, DEAD_LETTER_TOPIC, FACT_TOPICS, SIGNAL_TOPIC

SCHEMAS = "#/components/schemas/"
_EVENTS = [EVENTS[key] for key in sorted(EVENTS)]
EVERY_FACT_TOPIC = "*"

PURPOSE = LiteralScalarString("""\
The events of Atlantic. A Kafka message is up to 500 events of one partition, one JSON object a line
(application/x-ndjson): the envelope, with the event's own fields under payload. Facts are kept for ever, clicks and
signals 13 months, dead letters 30 days. Money is in minor units with its currency; times are UTC with milliseconds.
""")
_ABOUT = {
    CLICK_TOPIC: "Clicks of shoppers, by session; written by the collector.",
    SIGNAL_TOPIC: "What the stream side noticed, once each; written by the worker.",
    DEAD_LETTER_TOPIC: "Lines that a consumer could not read or handle.",
}


def document() -> dict[str, Any]:
    """The whole document (AsyncAPI 3.0)."""
    topics = (*FACT_TOPICS, CLICK_TOPIC, SIGNAL_TOPIC)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Atlantic's log", "version": "1.0.0", "description": PURPOSE},
        "defaultContentType": "application/x-ndjson",
        "channels": {topic: _channel(topic) for topic in topics} | {DEAD_LETTER_TOPIC: _dead_letters()},
        "operations": {f"read_{topic}": _read(topic) for topic in (*topics, DEAD_LETTER_TOPIC)},
        "components": {"messages": _messages(), "schemas": _schemas()},
    }


def text() -> str:
    """The document as YAML, the same text for the same classes."""
    yaml = YAML()
    yaml.width = 120
    stream = StringIO()
    yaml.dump(document(), stream)
    return stream.getvalue()


def _events(topic: str) -> list[type[Event]]:
    mine = {topic} | ({EVERY_FACT_TOPIC} if topic in FACT_TOPICS else set())
    return [event for event in _EVENTS if event.topic in mine]


def _id(event: type[Event]) -> str:
    return f"{event.name}.v{event.version}"


def _channel(topic: str) -> dict[str, Any]:
    about = _ABOUT.get(topic, f"Facts about {topic}, in the order of each aggregate; written by the relay.")
    messages = {_id(event): {"$ref": f"#/components/messages/{_id(event)}"} for event in _events(topic)}
    return {"address": topic, "description": about, "messages": messages}


def _dead_letters() -> dict[str, Any]:
    message = {"dead_letter": {"$ref": "#/components/messages/dead_letter"}}
    return {"address": DEAD_LETTER_TOPIC, "description": _ABOUT[DEAD_LETTER_TOPIC], "messages": message}


def _read(topic: str) -> dict[str, Any]:
    return {"action": "receive", "channel": {"$ref": f"#/channels/{topic}"}}


def _messages() -> dict[str, Any]:
    letter = {
        "name": "dead_letter",
        "summary": "A line that was set aside.",
        "payload": {"$ref": SCHEMAS + DeadLetter.__name__},
    }
    return {_id(event): _message(event) for event in _EVENTS} | {"dead_letter": letter}


def _message(event: type[Event]) -> dict[str, Any]:
    own = {
        "event": {"const": event.name},
        "version": {"const": event.version},
        "payload": {"$ref": SCHEMAS + event.__name__},
    }
    return {
        "name": event.name,
        "title": event.__name__,
        "summary": (event.__doc__ or "").strip(),
        "payload": {"allOf": [{"$ref": SCHEMAS + Envelope.__name__}, {"type": "object", "properties": own}]},
        "x-key": event.key,
        "x-landing": event.landing,
    }


def _schemas() -> dict[str, Any]:
    kinds = [*_EVENTS, Envelope, DeadLetter]
    _, schemas = msgspec.json.schema_components(kinds, ref_template=SCHEMAS + "{name}")
    schemas[Envelope.__name__]["properties"]["payload"] = {"type": "object"}
    schemas.pop(Event.__name__, None)
    return dict(sorted(schemas.items()))
