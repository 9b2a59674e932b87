"""`atlantic urls`."""

from stack.cli.output import Json, show_json, show_table
from stack.home import Home

PAGES = (
    ("dashboards", "dashboards", "", "sellers' and operations' pages"),
    ("api", "api", "/docs", "API documentation, try it out"),
    ("health", "api", "/health/ready", "is the core ready"),
    ("worker", "worker", "", "stream tables"),
    ("clickhouse", "clickhouse_http", "/play", "SQL in the browser (user data_ro)"),
    ("search", "meilisearch", "/health", "Meilisearch"),
    ("postgres", "postgres", "", "PostgreSQL"),
    ("valkey", "valkey", "", "Redis protocol"),
    ("kafka", "kafka", "", "Kafka bootstrap"),
)
WITHOUT_HTTP = {"postgres", "valkey", "kafka"}


def command(as_json: Json = False) -> None:
    """Print where everything answers.

    Example: atlantic urls --json
    """
    rows = addresses(Home.from_environment())
    if as_json:
        show_json({name: address for name, address, _ in rows})
    else:
        show_table(("part", "address", "what"), rows)


def addresses(home: Home) -> list[tuple[str, str, str]]:
    """Name, address and what it is; no passwords."""
    return [(name, _address(home, name, part) + path, what) for name, part, path, what in PAGES]


def _address(home: Home, name: str, part: str) -> str:
    return home.address(part) if name in WITHOUT_HTTP else f"http://{home.address(part)}"
