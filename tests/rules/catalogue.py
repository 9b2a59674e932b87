"""The product's rules, as `rules.tsv` lists them, and where a text names one."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).with_name("rules.tsv")
_NAMED = re.compile(r"\bR-([A-Z]+)-(\d+)(?: to (\d+))?")


class Rule(NamedTuple):
    """One rule: its id, whether the core must hold it now (`core`) or it comes with a later part, and its sentence."""

    id: str
    scope: str
    text: str


def rules() -> list[Rule]:
    """Every rule, domain by domain."""
    with FILE.open(newline="") as file:
        rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        next(rows)
        return [Rule(*row) for row in rows]


def named(text: str) -> Iterator[str]:
    """The ids that a text names, those of a range like `R-USR-1 to 4` too."""
    for domain, first, last in _NAMED.findall(text):
        for number in range(int(first), int(last or first) + 1):
            yield f"R-{domain}-{number}"
