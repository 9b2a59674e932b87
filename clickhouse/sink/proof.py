"""Compares marts with the landed rows they are made of, and adds what is missing.

A view's rows and its source's are two writes: a server killed between them, or one that loses a part it had already
answered for, leaves a mart behind. Sums are brought right by adding the difference; states that do not mind repeats are
simply written again.
"""

import time

import msgspec
import structlog
from clickhouse_connect.driver.client import Client

from clickhouse.client import one
from clickhouse.sink.cuts import Cut

log = structlog.get_logger()

CHECK_AGAIN_SECONDS = 0.5
# Its key is the minute of landing, which no source can be searched by; it holds delays, no goods and no money.
UNPROVEN = frozenset({"pipeline_health_state"})
TIME_KEYS = ("hour", "minute")


class Mart(msgspec.Struct, frozen=True):
    """A table that views fill: their SELECTs by the table they read, and its columns by their use."""

    target: str
    selects: dict[str, str]
    keys: tuple[str, ...]
    sums: tuple[str, ...]
    states: dict[str, str]
    replacing: bool

    @property
    def time_key(self) -> str | None:
        """The key column that is a time, if there is one: it bounds what has to be read."""
        return next((key for key in self.keys if key in TIME_KEYS), None)


def complete_marts(client: Client, cut: Cut, sources: list[str]) -> None:
    """Make every mart that the cut's rows feed hold what the landed rows say, for the keys that the cut touches."""
    for mart in marts(client):
        for source in set(mart.selects) & set(sources):
            if mart.replacing:
                client.command(f"INSERT INTO {mart.target} {_limited(mart, source, cut.condition())}")
            elif mart.target not in UNPROVEN:
                _add_difference(client, mart, source, cut)


def difference(mart: Mart, keys: str) -> str:
    """SQL: per key, what landing says less what the mart says, where they differ; `keys` limits both sides."""
    names = ", ".join(mart.keys)
    states = {name: f"{function}MergeState({name}) AS {name}" for name, function in mart.states.items()}
    added = ", ".join([names, *(f"sum({name}) AS {name}" for name in mart.sums), *states.values()])
    landed = ", ".join([names, *mart.sums, *states])
    taken = ", ".join([names, *(f"-toInt64({name}) AS {name}" for name in mart.sums), *states])
    sides = [f"SELECT {landed} FROM ({select}) WHERE {keys}" for select in mart.selects.values()]  # noqa: S608 - our own views
    sides.append(f"SELECT {taken} FROM {mart.target} WHERE {keys}")  # noqa: S608
    differs = " OR ".join(f"{name} != 0" for name in mart.sums)
    return f"SELECT {added} FROM ({' UNION ALL '.join(sides)}) GROUP BY {names} HAVING {differs}"  # noqa: S608


def marts(client: Client) -> list[Mart]:
    """Every table of the database that materialized views fill."""
    tables = client.query(
        "SELECT name, engine, sorting_key, as_select, create_table_query, database FROM system.tables "
        "WHERE database = database() ORDER BY name"
    ).result_rows
    selects: dict[str, dict[str, str]] = {}
    for _, engine, _, select, create, database in tables:
        if engine == "MaterializedView":
            target = create.split(" TO ", 1)[1].split(maxsplit=1)[0].removeprefix(f"{database}.").split("(")[0]
            source = select.split(f"FROM {database}.", 1)[1].split(maxsplit=1)[0]
            selects.setdefault(target, {})[source] = select
    kinds: dict[str, dict[str, str]] = {target: {} for target in selects}
    columns = "SELECT table, name, type FROM system.columns WHERE database = database() AND table IN {t:Array(String)}"
    for table, name, kind in client.query(columns, {"t": list(selects)}).result_rows:
        kinds[table][name] = kind
    about = {name: (engine, sorting) for name, engine, sorting, *_ in tables}
    return [_mart(target, found, *about[target], kinds[target]) for target, found in selects.items()]


def _mart(target: str, selects: dict[str, str], engine: str, sorting: str, kinds: dict[str, str]) -> Mart:
    keys = tuple(key.strip() for key in sorting.split(","))
    sums = tuple(name for name, kind in kinds.items() if kind.startswith("SimpleAggregateFunction(sum"))
    states = {name: kind[18:].split(",")[0] for name, kind in kinds.items() if kind.startswith("AggregateFunction(")}
    return Mart(target, selects, keys, sums, states, engine == "ReplacingMergeTree")


def _limited(mart: Mart, source: str, condition: str) -> str:
    select = mart.selects[source]
    table = select.split("FROM ", 1)[1].split(maxsplit=1)[0]
    rows = f"FROM (SELECT * FROM {table} WHERE {condition})"  # noqa: S608 - our own names
    return select.replace(f"FROM {table}", rows, 1)


def _add_difference(client: Client, mart: Mart, source: str, cut: Cut) -> None:
    keys = _touched(client, mart, source, cut)
    if keys is None:
        return
    query = difference(mart, keys)
    count = f"SELECT count(), sum(cityHash64({', '.join((*mart.keys, *mart.sums))})) FROM ({query})"  # noqa: S608
    first = one(client, count)
    while first[0]:
        # Another sink may be between its rows and their view: only a difference that stays is one.
        time.sleep(CHECK_AGAIN_SECONDS)
        again = one(client, count)
        if again == first:
            log.warning("the server lost rows of a view, adding them", mart=mart.target, keys=first[0])
            token = f"{cut.prefix}proof-{mart.target}-{time.time_ns()}"
            columns = ", ".join((*mart.keys, *mart.sums, *mart.states))
            settings = {"insert_deduplication_token": token}
            client.command(f"INSERT INTO {mart.target} ({columns}) {query}", settings=settings)
        first = again if again != first else one(client, count)


def _touched(client: Client, mart: Mart, source: str, cut: Cut) -> str | None:
    """SQL that limits both sides to the keys of the cut's rows; None when the view takes none of them."""
    names = ", ".join(mart.keys)
    touched = f"SELECT {names} FROM ({_limited(mart, source, cut.condition())})"  # noqa: S608 - our own views
    limits = [f"({names}) IN ({touched})"]
    if mart.time_key:
        bounds = f"SELECT count(), toString(min({mart.time_key})), toString(max({mart.time_key})) FROM ({touched})"  # noqa: S608
        count, low, high = one(client, bounds)
        if not count:
            return None
        limits.append(f"{mart.time_key} BETWEEN toDateTime('{low}', 'UTC') AND toDateTime('{high}', 'UTC')")
    return " AND ".join(limits)
