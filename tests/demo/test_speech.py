"""The client the simulator speaks with is generated once for what an API says of itself."""

from pathlib import Path
from typing import Any

import pytest

from stack import generator
from stack.artifacts.cache import folder_of
from stack.simulator.speech import Copy


def described(operation: str) -> dict[str, Any]:
    """The document of an API with one operation."""
    answers = {"200": {"description": "done", "content": {"application/json": {"schema": {"type": "integer"}}}}}
    paths = {"/v1/thing": {"get": {"operationId": operation, "tags": ["things"], "responses": answers}}}
    return {"openapi": "3.1.0", "info": {"title": "Atlantic", "version": "1"}, "paths": paths}


def test_a_document_is_generated_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = folder_of(Copy(described("get_thing")))
    assert (folder / generator.PACKAGE / "api/things/get_thing.py").exists()
    asked: list[str] = []
    monkeypatch.setattr(generator, "run", lambda program, *_: asked.append(program.name))
    assert folder_of(Copy(described("get_thing"))) == folder
    assert not asked
    assert folder_of(Copy(described("list_things"))) != folder
    assert asked == [generator.NAME]


def test_a_generator_that_is_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generator, "TOOLS", tmp_path / "bin")
    with pytest.raises(ValueError, match="not installed: make tools"):
        folder_of(Copy(described("get_thing")))


def test_a_document_that_is_not_understood_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    broken = Copy({**described("get_thing"), "openapi": "1"})
    with pytest.raises(ValueError, match=generator.NAME):
        folder_of(broken)
    assert not (tmp_path / "atlantic" / broken.key).exists()
