"""docker-compose.yml starts the same parts as `atlantic up`, with the same settings."""

import json
import re
from typing import Any

import pytest
import yaml

from api.main import unstarted
from stack import compose
from stack.environment import settings
from stack.home import CHECKOUT, Home
from stack.processes import PROCESSES
from stack.settings import (
    DEFAULT_PORT_BASE,
    KAFKA_SETTINGS,
    PORTS,
    POSTGRES_LOCALE,
    POSTGRES_SETTINGS,
    VALKEY_SETTINGS,
)

# Beside the parts of `atlantic up`: the gateway, and the migrations that `up` runs itself.
ONLY_IN_COMPOSE = {"traefik", "migrate"}
SERVERS = {"postgres", "valkey", "kafka", "clickhouse", "meilisearch"}
IMAGES = {
    "postgres": "postgres:18",
    "valkey": "valkey/valkey:9",
    "kafka": "apache/kafka:4.3.0",
    "clickhouse": "clickhouse/clickhouse-server:26.7",
    "meilisearch": "getmeili/meilisearch:v1.21",
}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text(encoding="utf-8"))
    return loaded


def test_the_same_parts(document: dict[str, Any]) -> None:
    assert set(document["services"]) == SERVERS | set(PROCESSES) | ONLY_IN_COMPOSE
    assert {name: document["services"][name]["image"] for name in SERVERS} == IMAGES


def test_processes_get_the_whole_vocabulary(document: dict[str, Any], tmp_path: Any) -> None:
    """Every variable that `stack` gives a process is set, or has a default that suits a container."""
    suits = {"ATLANTIC_HOME", "ATLANTIC_TOPIC_PREFIX", "ATLANTIC_CLICKHOUSE_DATABASE"}
    needed = {name for name in settings(Home(tmp_path)) if not name.startswith("ATLANTIC_TEST")} - suits
    for name in PROCESSES:
        service = document["services"][name]
        assert needed <= set(service["environment"]), name
        assert service["command"] == [name]


def test_processes_find_each_other(document: dict[str, Any]) -> None:
    for name in ("api", "dashboards", "worker"):
        address = document["services"]["sink"]["environment"][f"ATLANTIC_{name.upper()}_URL"]
        assert address == f"http://{name}:{DEFAULT_PORT_BASE + PORTS[name]}"


def test_servers_get_the_same_settings(document: dict[str, Any]) -> None:
    kafka = document["services"]["kafka"]["environment"]
    shared = {key for key in KAFKA_SETTINGS if f"KAFKA_{key.upper().replace('.', '_')}" in kafka}
    assert len(shared) >= 8
    assert all(kafka[f"KAFKA_{key.upper().replace('.', '_')}"] == KAFKA_SETTINGS[key] for key in shared)
    postgres = [word for word in document["services"]["postgres"]["command"] if "=" in word]
    assert postgres
    assert all(POSTGRES_SETTINGS[word.split("=")[0]] == word.split("=")[1] for word in postgres)
    assert document["services"]["postgres"]["environment"]["POSTGRES_INITDB_ARGS"].split() == list(POSTGRES_LOCALE)
    valkey = document["services"]["valkey"]["command"][1:]
    given = {name.removeprefix("--"): value for name, value in zip(valkey[::2], valkey[1::2], strict=True)}
    assert {k: v for k, v in given.items() if k != "requirepass"}.items() <= VALKEY_SETTINGS.items()


def test_no_port_is_open_to_the_world(document: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in document["services"].items() if "ports" in service}
    assert list(published) == ["traefik"]
    assert all(str(port).startswith("127.0.0.1:") for port in published["traefik"])


def test_the_gateway_leads_to_all_that_the_api_answers(document: dict[str, Any]) -> None:
    """The pages that its answers name, and what the reference is made of, too; its metrics are for us alone."""
    rule = document["services"]["api"]["labels"]["traefik.http.routers.api.rule"]
    begun, whole = (set(re.findall(rf"\b{word}\(`([^`]+)`\)", rule)) for word in ("PathPrefix", "Path"))
    app = unstarted()
    paths = {*app.openapi()["paths"], *(getattr(route, "path", "") for route in app.router.routes)} - {""}
    assert {path for path in paths - whole if not path.startswith(tuple(begun))} == {"/metrics"}


def test_every_secret_comes_from_the_environment(document: dict[str, Any]) -> None:
    example = (CHECKOUT / ".env.example").read_text(encoding="utf-8")
    listed = {line.split("=")[0] for line in example.splitlines() if line and not line.startswith("#")}
    asked = {word.split(":?")[0].split(":-")[0].strip("}") for word in json.dumps(document).split("${")[1:]}
    assert {word.split("}")[0] for word in asked} <= listed
    assert all(line.endswith("=") for line in example.splitlines() if "PASSWORD" in line or "KEY" in line)


@pytest.mark.parametrize("name", sorted(compose.files()))
def test_clickhouse_has_the_same_users(name: str) -> None:
    """`python -m stack.compose` writes them again."""
    assert (compose.FOLDER / name).read_text(encoding="utf-8") == compose.files()[name]
