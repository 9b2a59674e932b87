"""The questions that the pages ask, one SQL file each: `queries/<page>/<question>.sql`."""

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent


@cache
def question(page: str, name: str) -> str:
    """The SQL of one question; FileNotFoundError names the file that is missing."""
    return (FOLDER / page / f"{name}.sql").read_text()


def questions() -> list[tuple[str, str]]:
    """Every (page, question) that there is."""
    return sorted((path.parent.name, path.stem) for path in FOLDER.glob("*/*.sql"))
