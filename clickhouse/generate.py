"""Writes the next landing migration: what the event classes ask for, less what earlier migrations have built.

Run it as `python -m clickhouse.generate [name]` after adding or widening an event class.
"""

import sys
from pathlib import Path

import sqlglot
from sqlglot import exp

from clickhouse.landing import ELEMENT, Table, tables

MIGRATIONS = Path(__file__).parent / "migrations"
MONTHLY = frozenset({"landing_clicks"})  # kept 13 months, so old months are dropped whole

WIDTH = 112

Columns = dict[str, dict[str, str]]


def built(folder: Path = MIGRATIONS) -> Columns:
    """Landing tables as the migrations in `folder` leave them: columns and types by table."""
    found: Columns = {}
    for path in sorted(folder.glob("[0-9]*.sql")):
        for statement in sqlglot.parse(path.read_text(), read="clickhouse"):
            if isinstance(statement, exp.Create | exp.Alter):
                _apply(statement, found)
    return {name: columns for name, columns in found.items() if name.startswith("landing_")}


def changes(wanted: dict[str, Table], present: Columns) -> list[str]:
    """The statements that turn `present` into `wanted`; columns are added or widened to NULL, never dropped."""
    statements = []
    for name, table in wanted.items():
        if name not in present:
            statements.append(create(table))
        else:
            statements += _alterations(table, present[name])
    return statements


def create(table: Table) -> str:
    """CREATE TABLE of one landing table."""
    columns = _packed([f"{column} {kind}" for column, kind in table.columns.items()])
    exploded = ELEMENT.keys() <= table.columns.keys()
    grain = "one element of an event" if exploded else "one event"
    key = "occurred_at, event_id, element_no" if exploded else "occurred_at, event_id"
    months = "PARTITION BY toYYYYMM(occurred_at)\n" if table.name in MONTHLY else ""
    return (
        f"-- Grain: {grain}; the sink lands it once, and a repeated insert is dropped by its token.\n"
        f"CREATE TABLE {table.name}\n(\n{columns},\n    INDEX place offset TYPE minmax\n)\n"
        f"ENGINE = MergeTree\n{months}ORDER BY ({key})\nSETTINGS non_replicated_deduplication_window = 1000"
    )


def _packed(parts: list[str]) -> str:
    lines = [""]
    for part in parts:
        if lines[-1] and len(lines[-1]) + len(part) > WIDTH:
            lines.append("")
        lines[-1] += f"{part}, "
    return "\n".join(f"    {line.rstrip()}" for line in lines).rstrip(",")


def normal(kind: str) -> str:
    """A type (with its default, if any) as sqlglot writes it, so that spellings compare equal."""
    column = sqlglot.parse_one(f"CREATE TABLE t (c {kind})", read="clickhouse").find(exp.ColumnDef)
    return column.sql("clickhouse").removeprefix("c ") if column else kind


def _alterations(table: Table, present: dict[str, str]) -> list[str]:
    statements = []
    for column, kind in table.columns.items():
        if column not in present:
            statements.append(f"ALTER TABLE {table.name} ADD COLUMN {column} {kind}")
        elif present[column] == normal(kind) or present[column] == normal(f"Nullable({kind})"):
            continue
        elif (
            kind.startswith("Nullable(") and normal(kind.removeprefix("Nullable(").removesuffix(")")) == present[column]
        ):
            statements.append(f"ALTER TABLE {table.name} MODIFY COLUMN {column} {kind}")
        else:
            raise TypeError(f"{table.name}.{column} is {present[column]}, not {kind}: give the event a new version")
    return statements


def _apply(statement: exp.Create | exp.Alter, found: Columns) -> None:
    table = statement.find(exp.Table)
    defined = {c.name: c.sql("clickhouse").removeprefix(f"{c.name} ") for c in statement.find_all(exp.ColumnDef)}
    if table is None or not table.name.startswith("landing_") or statement.args.get("kind") == "VIEW":
        return
    found.setdefault(table.name, {}).update(defined)
    for modified in statement.find_all(exp.AlterColumn):
        if modified.args.get("dtype"):
            found[table.name][modified.name] = modified.args["dtype"].sql("clickhouse")


def main() -> None:
    """Write the next migration, or say that there is nothing to write."""
    statements = changes(tables(), built())
    if not statements:
        print("the migrations already build every landing table")
        return
    number = 1 + max((int(path.name[:4]) for path in MIGRATIONS.glob("[0-9]*.sql")), default=0)
    name = sys.argv[1] if len(sys.argv) > 1 else "landing"
    path = MIGRATIONS / f"{number:04}_{name}.sql"
    path.write_text(";\n\n".join(statements) + ";\n")
    print(f"{path.name}: {len(statements)} statements")


if __name__ == "__main__":
    main()
