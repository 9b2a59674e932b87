"""A command group that imports a command's module only when it is called."""

import importlib
from collections.abc import Mapping
from typing import Any

import typer
from typer.core import TyperGroup

HELP = """Atlantic on one machine: servers, processes, data.

ATLANTIC_HOME holds all data (default: .atlantic in the checkout); ATLANTIC_PORT_BASE is the first of its 20 ports
(default: 7400). Start with: atlantic up
"""


def group(commands: Mapping[str, str]) -> typer.Typer:
    """The root command over a table of names and modules."""

    class LazyGroup(TyperGroup):
        """Knows all names, loads one."""

        def list_commands(self, ctx: Any) -> list[str]:
            return list(commands)

        def get_command(self, ctx: Any, cmd_name: str) -> Any:
            return _load(cmd_name, commands[cmd_name]) if cmd_name in commands else None

    root = typer.Typer(cls=LazyGroup, help=HELP, no_args_is_help=True, add_completion=False, rich_markup_mode="rich")
    root.callback()(_nothing)
    return root


def _nothing() -> None:
    """The root takes no options of its own."""


def _load(name: str, module_name: str) -> Any:
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        return typer.main.get_command(_broken(name, f"{module_name} cannot be imported: {error}"))
    app = getattr(module, "app", None)
    if app is None:
        app = typer.Typer(add_completion=False, rich_markup_mode="rich")
        app.command(name)(module.command)
    command = typer.main.get_command(app)
    command.name = name
    return command


def _broken(name: str, reason: str) -> typer.Typer:
    """One broken command must not take the others' help with it."""
    app = typer.Typer(add_completion=False)

    @app.command(name, help=f"not available: {reason}", context_settings={"ignore_unknown_options": True})
    def _(_words: list[str] = typer.Argument(default=[])) -> None:  # noqa: B008 - typer's way
        typer.echo(f"error: {reason}", err=True)
        raise typer.Exit(1)

    return app
