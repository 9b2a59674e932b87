"""The shape that keeps the code readable: short files, short functions, a sentence on top, no rooms called `utils`."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("api", "streams", "clickhouse", "dashboards", "audit", "stack", "sql", "bench")
MAX_FILE_LINES = 250
USUAL_FUNCTION_LINES = 15
SHARE_OF_SHORT_FUNCTIONS = 0.85
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc", "base_service"}


def tracked(pattern: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", pattern], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).exists()]


def sources() -> list[Path]:
    return [path for path in tracked("*.py") if path.relative_to(ROOT).parts[0] in PACKAGES]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_no_code_file_is_long() -> None:
    files = tracked("*.py") + tracked("*.sql")
    long = {
        str(path.relative_to(ROOT)): n for path in files if (n := len(path.read_text().splitlines())) > MAX_FILE_LINES
    }
    assert not long, f"split by verb or question: {long}"


def test_most_functions_are_short() -> None:
    lengths = [node.end_lineno - node.lineno + 1 for path in sources() for node in functions(path) if node.end_lineno]
    short = sum(length <= USUAL_FUNCTION_LINES for length in lengths) / len(lengths)
    assert short >= SHARE_OF_SHORT_FUNCTIONS, f"only {short:.0%} of {len(lengths)} functions are short"


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(p.relative_to(ROOT))
        for p in sources()
        if p.read_text().strip() and not ast.get_docstring(ast.parse(p.read_text()))
    ]
    assert not silent


def test_no_room_without_a_name() -> None:
    unnamed = [str(p.relative_to(ROOT)) for p in sources() if EMPTY_NAMES & {p.stem, *p.relative_to(ROOT).parts[:-1]}]
    assert not unnamed
