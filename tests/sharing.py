"""Pytest plugin: two processes share a run (`pytest -n 2`). The servers are started once, and each file, or folder
whose tests share one instance, is one process's."""

import os
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # xdist has no types

from tests.stack_fixture import servers

TOGETHER = ("tests/chaos",)
# Begun first, so that no process is left with one of them at the end when the other has nothing to do any more.
LONGEST = ("tests/chaos", "tests/promises", "tests/imports", "tests/browser", "tests/demo")


class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Gives a file to one process, or the whole folder."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((folder for folder in TOGETHER if file.startswith(folder)), file)


class Sharing:
    """Registered in the process that gives out the work and in those that do it."""

    def __init__(self) -> None:
        self._ending = ExitStack()

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Start the servers before xdist starts its processes, which inherit their home."""
        if session.config.getoption("numprocesses", None) and "ATLANTIC_TEST_HOME" not in os.environ:
            root = self._ending.enter_context(TemporaryDirectory(prefix="atlantic-", ignore_cleanup_errors=True))
            self._ending.enter_context(servers(Path(root)))
            os.environ["ATLANTIC_TEST_HOME"] = root

    def pytest_unconfigure(self) -> None:
        """End them."""
        self._ending.close()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """After the shuffling, the longest first."""
        items.sort(key=lambda item: next((n for n, name in enumerate(LONGEST) if item.nodeid.startswith(name)), 99))

    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> ByFile:
        """xdist's own question who gets what."""
        return ByFile(config, log)
