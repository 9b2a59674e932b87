"""The client that is generated of today's document, importable; and an api whose orders go on by themselves."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from stack import client


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Folder of the generated package, which can be imported meanwhile."""
    folder = tmp_path_factory.mktemp("client")
    client.write(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield folder
