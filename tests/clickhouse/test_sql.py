"""The data team's way in: `atlantic sql` with the read-only role, and a cookbook that runs (R-ANA-10)."""

from pathlib import Path

import pytest
import typer
from clickhouse_connect.driver.client import Client
from typer.testing import CliRunner, Result

from clickhouse import landing
from stack.cli.sql import command
from tests.conftest import clickhouse_client

COOKBOOK = Path(__file__).parents[2] / "sql" / "cookbook"


def ask(*words: str) -> Result:
    """`atlantic sql WORDS...` with this module's database."""
    app = typer.Typer()
    app.command("sql")(command)
    return CliRunner().invoke(app, list(words))


def test_answers_in_any_format(clickhouse: Client) -> None:
    """TSV for scripts, a table for people, or what the query itself says."""
    query = "SELECT number, toString(number) AS text FROM numbers(2)"
    assert ask(query, "--format", "TSV").stdout == "0\t0\n1\t1\n"
    assert ask(query, "-f", "CSVWithNames").stdout == '"number","text"\n0,"0"\n1,"1"\n'
    assert "┌─number─┬─text─┐" in ask(query).stdout
    assert ask(f"{query} FORMAT JSONEachRow;").stdout.startswith('{"number":')
    assert ask("SELECT count() FROM books_day -- all cells", "--format", "TSV").stdout == "0\n"


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("SELEC 1", "Syntax error"),
        ("SELECT nothing FROM books_day", "nothing"),
        ("INSERT INTO landing_clicks (topic) VALUES ('x')", "privileges"),
        ("DROP TABLE landing_clicks", "privileges"),
        ("SELECT * FROM url('http://127.0.0.1:1/')", "privileges"),
        ("SELECT * FROM system.users", "privileges"),
    ],
)
def test_says_what_is_wrong(clickhouse: Client, query: str, reason: str) -> None:
    """Exit code 1, ClickHouse's own sentence, no trace of ours."""
    done = ask(query)
    assert done.exit_code == 1
    assert done.stdout == ""
    assert reason.lower() in " ".join(done.stderr.lower().split())
    assert "Traceback" not in done.stderr


def test_every_fact_table_has_a_query_in_the_cookbook() -> None:
    """The first line of each is the question that it answers."""
    recipes = {path.stem: path.read_text() for path in COOKBOOK.glob("*.sql")}
    assert set(landing.tables()) | {"events"} <= set(recipes)
    assert all(text.startswith("-- ") for text in recipes.values())


@pytest.mark.parametrize("recipe", sorted(COOKBOOK.glob("*.sql")), ids=lambda path: path.stem)
def test_the_cookbook_runs(clickhouse: Client, env: dict[str, str], recipe: Path) -> None:
    """Each query runs under the data team's role."""
    with clickhouse_client(env, "data_ro", "DATA") as reader:
        reader.query(recipe.read_text())
