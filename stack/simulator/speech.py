"""What the simulator speaks to the API with: its typed client, generated of the document that the API serves.

Generating takes three seconds and needs nothing but the document, so a copy is kept with the servers, by a hash of the
document and the generator: the same API is never described twice. `python -m stack.simulator.speech` prints where the
copy for this checkout's API is, which is what `make check` reads the simulator's types by.
"""

import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from stack import generator
from stack.artifacts.cache import Advance, folder_of

TIMEOUT_SECONDS = 60.0
"""The first to ask for the document waits for it to be made."""


@dataclass(frozen=True)
class Copy:
    """The client of one document, as something that is fetched once and kept."""

    document: Mapping[str, Any]
    title = "client of the API"
    bytes = 0

    @property
    def key(self) -> str:
        """Of what the client follows from; ValueError without a generator."""
        causes = [generator.understood(self.document), generator.settings(self.document), generator.version()]
        return f"client-{hashlib.sha256(json.dumps(causes, sort_keys=True).encode()).hexdigest()[:16]}"

    def fetch(self, folder: Path, _advance: Advance) -> None:
        """Generate it; ValueError with what the generator did not understand."""
        generator.generate(self.document, folder / generator.PACKAGE, "none")


def learn(api: str) -> None:
    """Make `atlantic_client` importable, as the API at this address describes itself; httpx2.HTTPError, ValueError."""
    answer = httpx2.get(f"{api}/openapi.json", timeout=TIMEOUT_SECONDS).raise_for_status()
    folder = str(folder_of(Copy(answer.json())))
    if folder not in sys.path:
        sys.path.append(folder)


if __name__ == "__main__":
    from api.main import unstarted

    sys.stdout.write(f"{folder_of(Copy(unstarted().openapi()))}\n")
