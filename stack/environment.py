"""The environment variables that every process gets: the vocabulary of ARCHITECTURE.md, filled for one instance."""

import json
import os

from stack import secrets
from stack.home import CHECKOUT, Home, private_file, private_folder
from stack.settings import DATABASE, PLATFORM_CURRENCY, POSTGRES_USER

SETTINGS_FILE = "settings.json"

# What a process may take over from the shell that started it; everything else would make runs differ.
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TERM", "TMPDIR", "XDG_CACHE_HOME", "SSL_CERT_FILE", "COLUMNS")


def addresses(home: Home) -> dict[str, str]:
    """Where everything answers, with the passwords that open it."""
    return {
        "ATLANTIC_POSTGRES_DSN": (
            f"postgresql://{POSTGRES_USER}:{secrets.read(home, 'postgres')}@{home.address('postgres')}/{DATABASE}"
        ),
        "ATLANTIC_REDIS_URL": f"redis://:{secrets.read(home, 'valkey')}@{home.address('valkey')}/0",
        "ATLANTIC_KAFKA_BOOTSTRAP": home.address("kafka"),
        "ATLANTIC_CLICKHOUSE_URL": f"http://{home.address('clickhouse_http')}",
        "ATLANTIC_CLICKHOUSE_SINK_PASSWORD": secrets.read(home, "clickhouse_sink"),
        "ATLANTIC_CLICKHOUSE_SELLER_PASSWORD": secrets.read(home, "clickhouse_seller"),
        "ATLANTIC_CLICKHOUSE_OPERATOR_PASSWORD": secrets.read(home, "clickhouse_operator"),
        "ATLANTIC_CLICKHOUSE_DATA_PASSWORD": secrets.read(home, "clickhouse_data"),
        "ATLANTIC_MEILISEARCH_URL": f"http://{home.address('meilisearch')}",
        "ATLANTIC_MEILISEARCH_KEY": secrets.read(home, "meilisearch"),
        "ATLANTIC_API_URL": f"http://{home.address('api')}",
        "ATLANTIC_DASHBOARDS_URL": f"http://{home.address('dashboards')}",
        "ATLANTIC_WORKER_URL": f"http://{home.address('worker')}",
    }


def settings(home: Home) -> dict[str, str]:
    """Every ATLANTIC_ variable. A value that the shell sets itself wins, except where the servers are."""
    own = {**remembered(home), **{name: value for name, value in os.environ.items() if name.startswith("ATLANTIC_")}}
    chosen = {
        "ATLANTIC_HOME": str(home.root),
        "ATLANTIC_PORT_BASE": str(home.port_base),
        "ATLANTIC_TOPIC_PREFIX": own.get("ATLANTIC_TOPIC_PREFIX", ""),
        "ATLANTIC_CLICKHOUSE_DATABASE": own.get("ATLANTIC_CLICKHOUSE_DATABASE", DATABASE),
        "ATLANTIC_JWT_PRIVATE_KEY": secrets.read(home, "jwt_private"),
        "ATLANTIC_JWT_PUBLIC_KEY": secrets.read(home, "jwt_public"),
        "ATLANTIC_WEBHOOK_SECRET": secrets.read(home, "webhook"),
        "ATLANTIC_CARRIER_SECRET": secrets.read(home, "carrier"),
        "ATLANTIC_CURSOR_SECRET": secrets.read(home, "cursor"),
        "ATLANTIC_SECOND_FACTOR_SECRET": secrets.read(home, "second_factor"),
        # Everybody on this machine shares one address, so limits per address would stop a shop's own tools.
        "ATLANTIC_RATE_LIMITS": own.get("ATLANTIC_RATE_LIMITS", "off"),
        "ATLANTIC_PUBLIC_URL": own.get("ATLANTIC_PUBLIC_URL", f"http://{home.address('api')}"),
        "ATLANTIC_PLATFORM_CURRENCY": own.get("ATLANTIC_PLATFORM_CURRENCY", PLATFORM_CURRENCY),
    }
    return {**own, **addresses(home), **chosen}


def remembered(home: Home) -> dict[str, str]:
    """Variables that this instance was set up with, for example the demo's currency."""
    try:
        found: dict[str, str] = json.loads((home.root / SETTINGS_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return found


def remember(home: Home, variables: dict[str, str]) -> None:
    """Keep variables for every later start of this instance."""
    private_file(private_folder(home.root) / SETTINGS_FILE, json.dumps({**remembered(home), **variables}, indent=1))


def for_process(home: Home) -> dict[str, str]:
    """The whole environment of one of our processes, the checkout on its module path."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return {**inherited, **settings(home), "PYTHONPATH": str(CHECKOUT), "PYTHONUNBUFFERED": "1"}


def complete() -> None:
    """Fill our own environment for the instance, unless somebody (compose, Kubernetes, a test) filled it already."""
    if "ATLANTIC_POSTGRES_DSN" not in os.environ:
        os.environ.update(for_process(Home.from_environment()))
