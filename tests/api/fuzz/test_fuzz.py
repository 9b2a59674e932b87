"""Whatever is sent to any operation, the api answers as its document says, and never with a server error."""

import json
import os
import re
import sys
from collections import Counter
from pathlib import Path
from subprocess import run
from typing import Any

import httpx2
import pytest

from tests.api.base.operations import METHODS

CASES = int(os.environ.get("FUZZ_CASES", "0"))
SEED = os.environ.get("FUZZ_SEED", "1")
CHECKS = (
    "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance",
)  # fmt: skip
REACHED = 0.9
AWAY = re.compile(r"^(GET /v1/analytics|GET /health)")
"""They say 503 as documented: no warehouse runs beside this api."""


def fuzzed(api: str, floor: dict[str, Any], home: Path) -> tuple[int, str, Counter[tuple[str, int]]]:
    """Run the fuzzer: its exit code, what it said, and how often each operation ended how."""
    (home / "floor.json").write_text(json.dumps(floor))
    (home / "tally").touch()
    told = {"API": api, "FLOOR": str(home / "floor.json"), "TALLY": str(home / "tally")}
    phases = ["--phases", "examples,coverage,fuzzing,stateful"] if CASES else ["--phases", "examples,fuzzing"]
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", f"{api}/openapi.json", *phases, "--checks", ",".join(CHECKS),
        "--seed", SEED, "--max-examples", str(max(1, CASES // 400)), "--continue-on-failure", "--no-color",
        "--suppress-health-check", "all", "--warnings", "off", "--no-shrink",
    ]  # fmt: skip
    variables = {**os.environ, **{f"ATLANTIC_FUZZ_{name}": value for name, value in told.items()}}
    ended = run(
        command, env={**variables, "SCHEMATHESIS_HOOKS": "tests.api.fuzz.hooks"}, cwd=home, text=True, check=False,
        capture_output=True,
    )  # fmt: skip
    lines = [line.split("\t") for line in (home / "tally").read_text().splitlines()]
    return ended.returncode, ended.stdout + ended.stderr, Counter((name, int(status)) for name, status in lines)


@pytest.mark.timeout(0)
def test_no_call_breaks_the_api(saga: str, floor: dict[str, Any], tmp_path: Path) -> None:
    """R-API-3, R-API-8: no server error, nothing that the document does not say; in the long form all is reached."""
    code, said, ends = fuzzed(saga, floor, tmp_path)
    document = httpx2.get(f"{saga}/openapi.json", timeout=60).json()
    names = {
        f"{method.upper()} {path}"
        for path, calls in document["paths"].items()
        for method in set(METHODS) & calls.keys()
    }
    good = {name for name, status in ends if status < 300}
    print(f"{ends.total()} calls, {len(good)} of {len(names)} operations reached with 2xx")
    print("not reached:", *sorted(names - good), sep="\n  ")
    assert code == 0, said[-20_000:]
    assert not {name for name, status in ends if status >= 500 and not AWAY.match(name)}
    if CASES:
        assert ends.total() >= CASES
        assert len(good) >= REACHED * len(names)
