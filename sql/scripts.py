"""Runs a migration's plain SQL files."""

import re
from pathlib import Path

from alembic import op

VERSIONS = Path(__file__).parent / "versions"


def run_folder(name: str) -> None:
    """Execute every .sql file of a folder, in the order of their names, in the migration's transaction."""
    for file in sorted((VERSIONS / name).glob("*.sql")):
        op.execute(file.read_text().replace(":", r"\:"))


def drop_tables(name: str) -> None:
    """Drop the tables that a folder's files create, in reverse order."""
    text = "\n".join(file.read_text() for file in sorted((VERSIONS / name).glob("*.sql")))
    for table in reversed(re.findall(r"^CREATE TABLE (\w+)", text, re.MULTILINE)):
        op.drop_table(table)
