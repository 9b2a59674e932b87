"""A core in this process for each module."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from stack import secrets
from tests.core_machine.core import Core, running
from tests.stack_fixture import TestStack


@pytest.fixture(scope="module")
def core(stack: TestStack, pg: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Core]:
    """On the module's own database."""
    home: Path = tmp_path_factory.mktemp("home")
    with running(home, admin_of(stack, pg)) as one:
        yield one


def admin_of(stack: TestStack, dsn: str) -> str:
    """A superuser's address of the module's database."""
    at = urlsplit(dsn)
    return at._replace(netloc=f"postgres:{secrets.read(stack.home, 'postgres_admin')}@{at.hostname}:{at.port}").geturl()
