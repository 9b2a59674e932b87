"""One whole instance for everything that is done to it."""

from collections.abc import Iterator

import pytest

from tests.line import Line, running


@pytest.fixture(scope="package")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """An instance of these tests' own, with staff."""
    with running(tmp_path_factory.mktemp("chaos") / "home") as instance:
        instance.staff()
        yield instance
