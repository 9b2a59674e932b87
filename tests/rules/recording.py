"""Pytest plugin: remembers how the tests that name rules in their docstrings ended, run after run."""

from typing import Any

import pytest

from tests.rules.catalogue import named

CACHE = "rules/outcomes"
NAMED = "rules"


class Recording:
    """The outcomes of one run, merged into those of earlier ones when it ends: by test, without its parameters."""

    def __init__(self, config: pytest.Config) -> None:
        self._cache = config.cache
        # Of processes that share a run, the one that gives out the work hears of all.
        self._shares = hasattr(config, "workerinput")
        self.tests: dict[str, list[str]] = {}
        self.outcomes: dict[str, str] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Note on each test which rules it names; what is noted goes with its report."""
        for item in items:
            doc = getattr(getattr(item, "obj", None), "__doc__", None) or ""
            if ids := sorted(set(named(doc))):
                self.tests[whole(item.nodeid)] = ids
                item.user_properties.append((NAMED, ids))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test passed when each of its parameters did."""
        test = whole(report.nodeid)
        if NAMED not in dict(report.user_properties) or (report.when != "call" and report.passed):
            return
        if report.passed and self.outcomes.get(test, "passed") == "passed":
            self.outcomes[test] = "passed"
        elif not report.passed and self.outcomes.get(test) != "failed":
            self.outcomes[test] = report.outcome

    def pytest_sessionfinish(self) -> None:
        """Keep what this run saw."""
        if self._cache and self.outcomes and not self._shares:
            self._cache.set(CACHE, {**self._cache.get(CACHE, {}), **self.outcomes})


def whole(nodeid: str) -> str:
    """A test's id without its parameters."""
    return nodeid.partition("[")[0]


def outcomes(config: Any) -> dict[str, str]:
    """How the tests ended when they last ran."""
    found: dict[str, str] = config.cache.get(CACHE, {})
    return found
