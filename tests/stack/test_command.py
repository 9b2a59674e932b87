"""The command line: every command explains itself with an example, and exit codes are honest."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from stack.cli import COMMANDS
from stack.cli.lazy import group
from tests.line import Line


@pytest.fixture
def runner() -> CliRunner:
    return CliRunner(env={"COLUMNS": "120"})


def test_help_lists_every_command(runner: CliRunner) -> None:
    answer = runner.invoke(group(COMMANDS), ["--help"])
    assert answer.exit_code == 0
    assert all(name in answer.output for name in COMMANDS)
    assert "not available" not in answer.output


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_shows_an_example(runner: CliRunner, name: str) -> None:
    answer = runner.invoke(group(COMMANDS), [name, "--help"])
    assert answer.exit_code == 0
    assert "Example" in answer.output or "Commands" in answer.output, answer.output


def test_a_broken_command_does_not_take_the_others_along(runner: CliRunner) -> None:
    table = {"urls": COMMANDS["urls"], "broken": "stack.cli.no_such_module"}
    answer = runner.invoke(group(table), ["--help"])
    assert answer.exit_code == 0
    assert "not available" in answer.output
    assert runner.invoke(group(table), ["broken"]).exit_code == 1


HEARD = """
import sys
import structlog
import stack.cli
sys.argv = ["atlantic", "--help"]
try:
    stack.cli.main()
finally:
    structlog.get_logger().warning("heard")
"""


def test_what_a_command_logs_stays_out_of_its_answer() -> None:
    """A programme reads `--json` from standard output."""
    told = subprocess.run([sys.executable, "-c", HEARD], capture_output=True, text=True, check=True)
    assert "heard" in told.stderr
    assert "heard" not in told.stdout


def test_what_is_not_running_is_said_so(line: Line) -> None:
    done = line.run("status", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["phase"] == "down"
    assert line.run("down").returncode == 0


def test_reset_wants_a_yes(line: Line) -> None:
    (line.home / "data").mkdir(parents=True)
    (line.home / "mine.txt").write_text("not Atlantic's")
    assert line.run("reset").returncode == 2
    assert (line.home / "data").exists()
    assert line.run("reset", "--yes").returncode == 0
    assert not (line.home / "data").exists()
    assert (line.home / "mine.txt").exists()


@pytest.mark.parametrize("words", [("status",), ("up", "--detach"), ("sql", "SELECT 1"), ("doctor",)])
def test_a_home_that_cannot_be_is_an_error_in_words(line: Line, words: tuple[str, ...]) -> None:
    line.home.rmdir()
    line.home.write_text("a file")
    done = line.run(*words)
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr
    assert "ATLANTIC_HOME" in done.stdout + done.stderr or "atlantic doctor" in done.stderr


@pytest.mark.parametrize("words", [("nobody",), ("ann@example.com", "--password", "short")])
def test_an_operator_is_somebody_who_can_sign_in(line: Line, words: tuple[str, ...]) -> None:
    done = line.run("operator", *words)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_without_a_database_an_operator_is_told_so(line: Line) -> None:
    done = line.run("operator", "ann@example.com")
    assert (done.returncode, "PostgreSQL does not answer" in done.stderr) == (1, True)


def test_unknown_names_are_refused_with_the_known_ones(line: Line) -> None:
    for words in (("up", "--only", "postgress"), ("run", "nothing"), ("logs", "nothing")):
        done = line.run(*words)
        assert done.returncode != 0
        assert "Traceback" not in done.stderr


def test_a_wrong_port_base_is_an_error_in_words(line: Line) -> None:
    done = Line(line.home, 80).run("status")
    assert done.returncode == 1
    assert "ATLANTIC_PORT_BASE" in done.stderr


@pytest.fixture
def line(tmp_path_factory: pytest.TempPathFactory) -> Line:
    return Line(tmp_path_factory.mktemp("command"), 23000)
