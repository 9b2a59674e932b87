"""The generated client does everything that the document names, typed, and a shop can be run with it."""

import os
import subprocess
from contextlib import closing
from importlib import import_module
from pathlib import Path

import pytest

from api.main import unstarted
from stack import generator
from tests import shop

DAY = Path(__file__).with_name("day.py")


def test_every_operation_is_a_function(package: Path) -> None:
    """E-OPS-4: named as in the document; the package says that it is typed."""
    named = {
        operation["operationId"]
        for methods in unstarted().openapi()["paths"].values()
        for operation in methods.values()
    }
    folder = package / generator.PACKAGE
    modules = {path.stem for path in (folder / "api").rglob("*.py") if path.stem != "__init__"}
    assert modules == named
    for path in (folder / "api").glob("*/*.py"):
        import_module(".".join(path.relative_to(package).with_suffix("").parts))
    assert (folder / "py.typed").exists()
    assert "httpx" in (package / "pyproject.toml").read_text()


def test_a_program_that_uses_it_is_typed(package: Path, tmp_path: Path) -> None:
    """E-OPS-4: strictly."""
    options = ["--strict", "--config-file", os.devnull, "--cache-dir", str(tmp_path / "cache")]
    command = [str(generator.TOOLS / "mypy"), *options, str(DAY)]
    told = subprocess.run(
        command, env={**os.environ, "MYPYPATH": str(package)}, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stdout + told.stderr


@pytest.mark.usefixtures("package", "category")
def test_a_shopping_day(saga: str) -> None:
    """E-OPS-4: from the seller's first product to the shopper's refund and the seller's statement."""
    day = import_module("tests.api.client.day")
    market, shopper = day.open_shop(saga, shop.PASSWORD), day.new_account(saga, shop.PASSWORD)
    with closing(market.client.get_httpx_client()), closing(shopper.get_httpx_client()):
        order = day.buy(shopper, market)
        assert order.total_minor == 4410
        assert day.deliver(market, order)[-2:] == ["picked_up", "delivered"]
        day.reaches(shopper, order.id, "delivered")
        assert day.reads_a_message(shopper)
        assert day.give_back(shopper, market, order) == 2205 + 100
        assert 0 < day.due(market) < 4410 - 2305
