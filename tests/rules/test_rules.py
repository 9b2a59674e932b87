"""The table of rules tells the truth about the tests."""

import pytest

from tests.rules.__main__ import state
from tests.rules.catalogue import Rule, named, rules

CORE, LATER = Rule("R-INV-2", "core", "Stock never falls below 0."), Rule("R-QUA-1", "later", "One suite a table.")


def test_every_rule_that_a_test_names_exists(request: pytest.FixtureRequest) -> None:
    """A wrong number would hold nothing and look as if it did."""
    known = {rule.id for rule in rules()}
    recording = request.config.pluginmanager.get_plugin("rules")
    wrong = {test: ids for test, ids in recording.tests.items() if not known.issuperset(ids)}  # type: ignore[union-attr]
    assert not wrong
    assert len(known) == len(rules())


def test_ranges_name_every_rule_in_them() -> None:
    """As docstrings write them."""
    assert list(named("sign-in (R-USR-1 to 3, R-SEL-4)")) == ["R-USR-1", "R-USR-2", "R-USR-3", "R-SEL-4"]
    assert list(named("held (ASVS-6.2.1, ASVS-6.2.10)")) == ["ASVS-6.2.1", "ASVS-6.2.10"]


@pytest.mark.parametrize(
    ("rule", "seen", "word"),
    [
        (CORE, {"a": "passed", "b": "passed"}, "passed"),
        (CORE, {"a": "passed", "b": "failed"}, "failed"),
        (CORE, {"a": "passed"}, "not run"),
    ],
)
def test_a_rule_stands_as_its_worst_test(rule: Rule, seen: dict[str, str], word: str) -> None:
    """One that failed, was skipped or did not run is not hidden by the others."""
    assert state(rule, ["a", "b"], seen) == word


def test_a_rule_without_a_test_is_missing_or_comes_later() -> None:
    """Only the core's rules must have one."""
    apart = Rule("ASVS-6.8.3", "none", "No SAML.")
    assert [state(rule, [], {}) for rule in (CORE, LATER, apart)] == ["no test", "open", "none"]
