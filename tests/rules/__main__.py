"""Prints each rule with its tests and how they last ended; fails where a rule of the core has none, or a failed one."""

import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO

import pytest

from tests.rules.catalogue import Rule, rules
from tests.rules.recording import Recording, outcomes

WORST = ("failed", "skipped", "not run", "passed")


class Listing(Recording):
    """Collects instead of running, and keeps what earlier runs saw."""

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """The outcomes of the last runs."""
        self.outcomes = outcomes(session.config)

    def pytest_sessionfinish(self) -> None:
        """Nothing ran."""


class _Plugin:
    listing: Listing

    def pytest_configure(self, config: pytest.Config) -> None:
        self.listing = Listing(config)
        config.pluginmanager.register(self.listing, "listing")


def state(rule: Rule, tests: list[str], seen: dict[str, str]) -> str:
    """How a rule stands: as its worst test; without one `no test`, `none` if it does not apply, `open` if it comes."""
    if not tests:
        return {"core": "no test", "none": "none"}.get(rule.scope, "open")
    return min((seen.get(test, "not run") for test in tests), key=WORST.index)


def main() -> int:
    """Print the table; 1 when a rule of the core has no test or one that did not pass."""
    plugin = _Plugin()
    with redirect_stdout(StringIO()) as said, redirect_stderr(said):
        wrong = pytest.main(["--collect-only", "-qq"], plugins=[plugin])
    if wrong:
        print(said.getvalue()[-2000:], "the tests cannot be collected", sep="\n", file=sys.stderr)
        return 2
    tests: dict[str, list[str]] = {}
    for test, ids in plugin.listing.tests.items():
        for each in ids:
            tests.setdefault(each, []).append(test)
    return _table([(rule, tests.get(rule.id, [])) for rule in rules()], plugin.listing.outcomes)


def _table(rows: list[tuple[Rule, list[str]]], seen: dict[str, str]) -> int:
    counts: dict[str, int] = {}
    for rule, tests in rows:
        word = state(rule, tests, seen)
        counts[word] = counts.get(word, 0) + 1
        first, *others = tests or [""]
        print(f"{rule.id:12} {word:8} {first}")
        for test in others:
            print(f"{'':12} {seen.get(test, 'not run') if word != 'passed' else '':8} {test}")
    print(", ".join(f"{count} {word}" for word, count in sorted(counts.items())) + f" of {len(rows)} rules")
    missing = [rule.id for rule, tests in rows if rule.scope == "core" and state(rule, tests, seen) != "passed"]
    if missing:
        print(f"not held by a test that passed: {' '.join(missing)}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
