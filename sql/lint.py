"""`python -m sql.lint SQUAWK`: what each migration locks, judged by squawk, before it meets a shop that sells.

It reads what Alembic would run. A finding fails unless it is excused here; an excuse that excuses nothing fails too.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import NamedTuple

from alembic import command
from alembic.config import Config

POSTGRES = "18.0"
TASTE = ("prefer-text-field", "prefer-bigint-over-int", "prefer-bigint-over-smallint", "prefer-robust-stmts")
"""No matter of locks: texts and numbers are bounded on purpose, and a migration runs whole or not at all."""
EXCUSED = {
    ("0002", "constraint-missing-not-valid"): "older than the first release: no shop has many orders when it runs",
    ("0003", "constraint-missing-not-valid"): "as 0002, and the column is empty in every row: nothing is looked up",
    ("0011", "require-concurrent-index-creation"): "tariffs are a few rows that seldom change: built in milliseconds",
}
_STEP = "-- Running upgrade "


class Finding(NamedTuple):
    """What squawk has against a line of a revision's script."""

    revision: str
    rule: str
    line: int
    message: str


def scripts() -> Iterator[tuple[str, str]]:
    """Each revision with the SQL that upgrades to it, under the bounds that every migration runs under."""
    out = StringIO()
    command.upgrade(Config(Path(__file__).with_name("alembic.ini"), output_buffer=out), "head", sql=True)
    first, *steps = out.getvalue().split(_STEP)
    bounds = "".join(f"{line}\n" for line in first.splitlines() if line.startswith("SET "))
    for step in steps:
        title, _, body = step.partition("\n")
        yield title.split()[-1], f"{bounds}BEGIN;\n{body.rstrip().removesuffix('BEGIN;')}"


def findings(squawk: str, folder: Path) -> list[Finding]:
    """What squawk finds in the scripts, which are written into `folder`."""
    for revision, script in scripts():
        (folder / f"{revision}.sql").write_text(script)
    names = sorted(map(str, folder.glob("*.sql")))
    excluded = ["--exclude", ",".join(TASTE)]
    done = subprocess.run(  # noqa: S603 - the tool that make check installs
        [squawk, "--pg-version", POSTGRES, "--reporter", "json", *excluded, *names],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode not in (0, 1) or not done.stdout:
        raise RuntimeError(f"squawk: {done.returncode} {done.stderr}")
    found = json.loads(done.stdout)
    return [Finding(Path(f["file"]).stem, f["rule_name"], f["line"] + 1, f["message"]) for f in found]


def main(squawk: str) -> int:
    """Print what is not excused; 1 if there is anything."""
    with tempfile.TemporaryDirectory() as folder:
        found = findings(squawk, Path(folder))
    wrong = [f"{one.revision}, line {one.line}: {one.rule}: {one.message}" for one in found if one[:2] not in EXCUSED]
    idle = EXCUSED.keys() - {one[:2] for one in found}
    wrong += [f"{revision}: {rule} is excused and not found" for revision, rule in sorted(idle)]
    print("\n".join(wrong) or f"migrations: no lock that is not excused ({len(EXCUSED)} excuses)")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
