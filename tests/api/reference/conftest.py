"""The OpenAPI document of an application that was never started."""

from typing import Any

import pytest
from fastapi import FastAPI

from api.main import unstarted
from tests.api.base.operations import Operation, all_of


@pytest.fixture(scope="module")
def app() -> FastAPI:
    """The application."""
    return unstarted()


@pytest.fixture(scope="module")
def document(app: FastAPI) -> dict[str, Any]:
    """What it publishes."""
    return app.openapi()


@pytest.fixture(scope="module")
def operations(document: dict[str, Any]) -> list[Operation]:
    """Every operation."""
    return all_of(document)
