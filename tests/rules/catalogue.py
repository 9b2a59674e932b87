"""The product's rules (`rules.tsv`), what OWASP's ASVS 5.0 asks of it (`asvs.tsv`), and where a text names one.

Of ASVS these are the chapters on authentication, sessions, authorization and tokens up to level 2, in our words; of
level 3 what the second factor meets.
"""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

FILES = [Path(__file__).with_name(name) for name in ("rules.tsv", "asvs.tsv")]
_NAMED = re.compile(r"\bR-([A-Z]+)-(\d+)(?: to (\d+))?")
_ASVS = re.compile(r"\bASVS-\d+\.\d+\.\d+")


class Rule(NamedTuple):
    """One rule: its id, whether it must hold now (`core`), comes later or does not apply (`none`), and its sentence."""

    id: str
    scope: str
    text: str


def rules() -> list[Rule]:
    """Every rule, domain by domain."""
    return [rule for file in FILES for rule in _read(file)]


def _read(path: Path) -> list[Rule]:
    with path.open(newline="") as file:
        rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        next(rows)
        return [Rule(*row) for row in rows]


def named(text: str) -> Iterator[str]:
    """The ids that a text names, those of a range like `R-USR-1 to 4` too."""
    for domain, first, last in _NAMED.findall(text):
        for number in range(int(first), int(last or first) + 1):
            yield f"R-{domain}-{number}"
    yield from _ASVS.findall(text)
