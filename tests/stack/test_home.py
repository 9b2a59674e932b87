"""Which instance a command means."""

import json
from pathlib import Path

import pytest

from stack.home import STATE_FILE, Home
from stack.settings import DEFAULT_PORT_BASE


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an instance whose ports nobody names."""
    monkeypatch.setenv("ATLANTIC_HOME", str(tmp_path))
    monkeypatch.delenv("ATLANTIC_PORT_BASE", raising=False)
    return tmp_path


def test_a_command_finds_the_ports_that_an_instance_runs_on(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder is enough to find it again; a named port base wins."""
    assert Home.from_environment().port_base == DEFAULT_PORT_BASE
    (root / STATE_FILE).write_text(json.dumps({"port_base": 27_000}))
    assert Home.from_environment().port_base == 27_000
    monkeypatch.setenv("ATLANTIC_PORT_BASE", "28000")
    assert Home.from_environment().port_base == 28_000


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"port_base": null}', '{"port_base": "many"}'])
def test_a_broken_state_file_stands_in_no_ones_way(root: Path, text: str) -> None:
    """The instance starts on the default ports then."""
    (root / STATE_FILE).write_text(text)
    assert Home.from_environment().port_base == DEFAULT_PORT_BASE
