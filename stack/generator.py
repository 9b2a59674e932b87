"""Runs the generator of Python clients over an OpenAPI document; it stands among the tools (`make tools`)."""

import json
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from stack.home import CHECKOUT

PACKAGE = "atlantic_client"
TOOLS = CHECKOUT / ".venv-tools/bin"
NAME = "openapi-python-client"
CONFIG: Mapping[str, Any] = {
    "project_name_override": PACKAGE.replace("_", "-"),
    "package_name_override": PACKAGE,
    "literal_enums": True,
    "docstrings_on_attributes": True,
    "content_type_overrides": {"image/webp": "application/octet-stream"},
}


def version() -> str:
    """Which generator there is; ValueError when there is none."""
    folders = [str(folder) for folder in TOOLS.parent.glob("lib/python*/site-packages")]
    for found in metadata.distributions(name=NAME, path=folders):
        return found.version
    raise ValueError(f"{NAME} is not installed: make tools")


def generate(document: Mapping[str, Any], target: Path, meta: str, hooks: Sequence[str] = ()) -> None:
    """Write the client of a document into `target`, anew, then run `hooks` in it; ValueError with what it could not.

    `meta` is the generator's: `uv` for a project with the package in it, `none` for the package itself.
    """
    with TemporaryDirectory() as scratch:
        source, config = Path(scratch) / "openapi.json", Path(scratch) / "config.json"
        source.write_text(json.dumps(understood(document)), encoding="utf-8")
        config.write_text(json.dumps({**settings(document), "post_hooks": hooks}), encoding="utf-8")
        options = ["--path", source, "--config", config, "--output-path", target, "--meta", meta]
        run(TOOLS / NAME, "generate", *options, "--overwrite", "--fail-on-warning")


def understood(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document as the generator needs it.

    It knows no token that is only welcome, so those operations name none. Of a body that may be JSON or something else
    it makes code that fails, so those are JSON; likewise of one that may be left out or null, so that may be left out.
    Headers it hands over as they are, which the connection takes as text alone.
    """
    copy: dict[str, Any] = json.loads(json.dumps(document))
    for operation in (each for methods in copy["paths"].values() for each in methods.values()):
        for header in (one for one in operation.get("parameters", ()) if one["in"] == "header"):
            header["schema"] = {"type": "string"}
        if {} in operation.get("security", ()):
            del operation["security"]
        body = operation.get("requestBody", {})
        if "application/json" in body.get("content", ()):
            body["content"] = {"application/json": _not_null(body["content"]["application/json"])}
    return copy


def _not_null(content: Mapping[str, Any]) -> Mapping[str, Any]:
    choices = [choice for choice in content["schema"].get("anyOf", ()) if choice != {"type": "null"}]
    return {**content, "schema": choices[0]} if len(choices) == 1 else content


def settings(document: Mapping[str, Any]) -> dict[str, Any]:
    """What the generator is told beside the document."""
    return {**CONFIG, "class_overrides": _renamed(document)}


def _renamed(document: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Modules of schemas that are called like one of their properties: generated code calls a variable like either."""
    schemas = document.get("components", {}).get("schemas", {})
    words = {name: re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in schemas}
    return {
        name: {"module_name": f"{word}_answer"}
        for name, word in words.items()
        if word in schemas[name].get("properties", {})
    }


def run(program: Path, *arguments: object) -> None:
    """Run one of the tools to its end; ValueError with what it said."""
    if not program.exists():
        raise ValueError(f"{program.name} is not installed: make tools")
    environment = {**os.environ, "PATH": f"{TOOLS}:{os.environ['PATH']}"}
    done = subprocess.run(
        [str(each) for each in (program, *arguments)], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ValueError(f"{program.name}: {done.stdout}{done.stderr}")
