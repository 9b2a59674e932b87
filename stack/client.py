"""Writes the typed Python client of the API: a package for integrators, made of the OpenAPI document as it is now."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from api.main import unstarted
from stack.home import CHECKOUT

PACKAGE = "atlantic_client"
TOOLS = CHECKOUT / ".venv-tools/bin"
UV = CHECKOUT / ".venv-boot/bin/uv"
CONFIG: Mapping[str, Any] = {
    "project_name_override": PACKAGE.replace("_", "-"),
    "package_name_override": PACKAGE,
    "literal_enums": True,
    "docstrings_on_attributes": True,
    "content_type_overrides": dict.fromkeys(("image/webp", "application/x-ndjson"), "application/octet-stream"),
    "post_hooks": ["ruff check --quiet --fix-only .", "ruff format --quiet ."],
}
README = """# atlantic-client

The API of Atlantic as typed functions, generated from its OpenAPI document: one module a tag in `atlantic_client.api`,
one module an operation in it, with `sync`, `asyncio`, `sync_detailed` and `asyncio_detailed`. A refusal is a `Problem`.

```python
from atlantic_client import AuthenticatedClient, Client
from atlantic_client.api.accounts import login
from atlantic_client.api.orders import list_orders
from atlantic_client.models import Login, Problem

address = "http://127.0.0.1:7400"
session = login.sync(client=Client(base_url=address), body=Login(email="ann@example.com", password="..."))
if session is None or isinstance(session, Problem):
    raise SystemExit(session and session.detail)
orders = list_orders.sync(client=AuthenticatedClient(base_url=address, token=session.access_token))
```
"""


def write(target: Path) -> None:
    """Generate the package into the folder `target`, anew; ValueError when the generator lacks or understands less."""
    with TemporaryDirectory() as scratch:
        document, config = Path(scratch) / "openapi.json", Path(scratch) / "config.json"
        document.write_text(json.dumps(described()), encoding="utf-8")
        config.write_text(json.dumps(CONFIG), encoding="utf-8")
        options = ["--path", document, "--config", config, "--output-path", target, "--meta", "uv"]
        _run(TOOLS / "openapi-python-client", "generate", *options, "--overwrite", "--fail-on-warning")
    (target / "README.md").write_text(README, encoding="utf-8")


def pack(target: Path) -> Path:
    """The wheel of a generated package."""
    python = TOOLS / "python"
    _run(UV, "build", "--quiet", "--wheel", "--no-build-isolation", "--python", python, "--out-dir", target, target)
    return next(target.glob("*.whl"))


def described() -> dict[str, Any]:
    """The document as the generator needs it: it knows no token that is only welcome, so those operations name none."""
    document = unstarted().openapi()
    for methods in document["paths"].values():
        for operation in methods.values():
            if {} in operation.get("security", ()):
                del operation["security"]
    return document


def _run(program: Path, *arguments: object) -> None:
    if not program.exists():
        raise ValueError(f"{program.name} is not installed: make tools")
    environment = {**os.environ, "PATH": f"{TOOLS}:{os.environ['PATH']}"}
    done = subprocess.run(
        [str(each) for each in (program, *arguments)], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ValueError(f"{program.name}: {done.stdout}{done.stderr}")
