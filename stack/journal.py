"""One log file a part: every line a JSON object, rotated by size."""

import json
import logging
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler

from stack.home import Home

MAX_BYTES = 10 * 1024 * 1024
KEPT_FILES = 3
MAX_LINE = 16 * 1024
MOST_WORDS = 300


class Journal:
    """Takes a part's output line by line; lines that are JSON objects already stay as they are."""

    def __init__(self, home: Home, part: str) -> None:
        self._part = part
        path = home.log(part)
        path.touch(mode=0o600)
        self._handler = RotatingFileHandler(path, maxBytes=MAX_BYTES, backupCount=KEPT_FILES, encoding="utf-8")
        self.last = ""

    def write(self, line: str) -> None:
        """Append one line."""
        if text := line.rstrip()[:MAX_LINE]:
            self.last = text
            structured = text if text.startswith('{"') and text.endswith("}") else self._wrap(text)
            self._handler.emit(logging.makeLogRecord({"msg": structured}))

    @property
    def last_words(self) -> str:
        """What the last line says, short enough for a table: of a structured line its message and its error's end."""
        try:
            line = json.loads(self.last)
        except ValueError:
            line = None
        if not isinstance(line, dict):
            return self.last[:MOST_WORDS]
        said = [str(line.get("message") or line.get("event") or self.last), str(line.get("exception", ""))]
        return ": ".join(text.splitlines()[-1] for text in said if text)[:MOST_WORDS]

    def note(self, event: str, **fields: object) -> None:
        """A line of the supervisor's own about this part."""
        self._handler.emit(logging.makeLogRecord({"msg": self._wrap(event, logger="supervisor", **fields)}))

    def close(self) -> None:
        """Close the file."""
        self._handler.close()

    def _wrap(self, event: str, **fields: object) -> str:
        moment = datetime.now(UTC).isoformat(timespec="milliseconds")
        return json.dumps({"timestamp": moment, "part": self._part, "event": event, **fields}, ensure_ascii=False)
